"""Tieline as others install it: from a wheel, into an environment of its own."""

import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

CHECKOUT = Path(__file__).parents[1]


MakeOnce = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def make_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> MakeOnce:
    """Has a folder of a name filled by the first test process that asks, for all processes of this run."""
    own = tmp_path_factory.getbasetemp()
    of_all = own if worker_id == "master" else own.parent

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder, is_whole = of_all / name, of_all / f"{name}.whole"
        with FileLock(of_all / f"{name}.lock"):
            if not is_whole.exists():
                shutil.rmtree(folder, ignore_errors=True)
                make(folder)
                is_whole.touch()
        return folder

    return made


@pytest.fixture(scope="session")
def tieline_wheel(make_once: MakeOnce) -> Path:
    """The wheel of Tieline."""
    (wheel,) = make_once("tieline-wheel", lambda folder: build_wheel(CHECKOUT, folder)).glob("*.whl")
    return wheel


def build_wheel(source: Path, folder: Path) -> Path:
    """Build the wheel of a project with the build tool of this environment; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder]
    subprocess.run([*command, source], check=True, capture_output=True, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def make_environment(folder: Path, *wheels: Path) -> Path:
    """Make a virtual environment that holds the wheels, and return the folder of its programs.

    The dependencies are those of this environment, lent by path: only their files, so that the editable install of
    Tieline beside them, which is a path file, has no effect there.
    """
    venv.create(folder, with_pip=False)
    (site_packages,) = folder.glob("lib/python*/site-packages")
    lent = next(entry for entry in sys.path if entry.endswith("site-packages"))
    install(folder / "bin", *wheels)
    (site_packages / "lent.pth").write_text(f"{lent}\n", encoding="utf-8")
    return folder / "bin"


def install(programs: Path, *wheels: Path) -> None:
    """Install wheels into an environment, without what they depend on and without any index."""
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        programs / "python",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*pip, *wheels], check=True, capture_output=True, cwd=programs.parent)
