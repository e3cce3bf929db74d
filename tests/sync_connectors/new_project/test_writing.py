import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from host.settings import Settings
from sync_connectors.loading import load_plugins
from sync_connectors.loading.discovering import FoundPlugin
from sync_connectors.new_project import BadNameError, FolderTakenError, ProjectNames, write_project

MOST_LINES = 80


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("projects") / "tieline-acme-books"
    write_project(ProjectNames.of("acme-books"), folder)
    return folder


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(cwd)}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_all_names_come_from_the_one_of_the_connector() -> None:
    names = ProjectNames.of("acme-books2")
    assert names == ProjectNames(
        name="acme-books2",
        label="Acme books2",
        class_name="AcmeBooks2",
        package="tieline_acme_books2",
        distribution="tieline-acme-books2",
    )


@pytest.mark.parametrize("name", ["", "Acme", "acme_books", "acme--books", "-acme", "3e", "acmé", "../acme", "a" * 41])
def test_what_cannot_be_a_name_is_refused(name: str) -> None:
    with pytest.raises(BadNameError):
        ProjectNames.of(name)


def test_the_connector_has_at_most_80_lines(project: Path) -> None:
    connector = project / "tieline_acme_books" / "connector.py"
    assert len(connector.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_the_project_names_its_entry_point_and_the_versions_of_tieline_that_it_suits(project: Path) -> None:
    declared = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert declared["name"] == "tieline-acme-books"
    assert declared["dependencies"] == ["tieline>=0.1,<0.2"]
    ((name, module),) = declared["entry-points"]["tieline"].items()
    assert (name, module) == ("acme-books", "tieline_acme_books")


def test_the_connector_is_loaded_under_its_name(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(project)
    found = FoundPlugin("tieline-acme-books", "0.1.0", EntryPoint("acme-books", "tieline_acme_books", "tieline"))
    connector = load_plugins(Settings(plugins_strict=True), [found]).connector("acme-books")
    assert (connector.label, connector.version) == ("Acme books", "0.1.0")
    for module in [name for name in sys.modules if name.startswith("tieline_acme_books")]:
        del sys.modules[module]


def test_the_project_is_formatted_linted_and_typed(project: Path) -> None:
    for command in (
        [sys.executable, "-m", "ruff", "format", "--check", "."],
        [sys.executable, "-m", "ruff", "check", "--select", "E,F,I,B,UP,SIM,N,PT", "."],
        [sys.executable, "-m", "mypy", "--strict", "tieline_acme_books"],
    ):
        ended = run(*command, cwd=project)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_nothing_is_written_over(project: Path, tmp_path: Path) -> None:
    with pytest.raises(FolderTakenError, match="is there already"):
        write_project(ProjectNames.of("acme-books"), project)
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(FolderTakenError):
        write_project(ProjectNames.of("acme-books"), tmp_path / "file")
    assert write_project(ProjectNames.of("acme-books"), tmp_path / "new" / "folder")


def test_the_files_that_the_readme_names_are_there(project: Path) -> None:
    readme = (project / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `([^`]+)` \|", readme, re.MULTILINE)
    assert len(named) == 4
    assert [name for name in named if not (project / name).exists()] == []
