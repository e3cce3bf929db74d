"""Where the benchmark keeps its files, and the environment of its own that the peer is installed in."""

import subprocess
import sys
import venv
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).absolute().parent.parent
CACHE = ROOT / ".benchmark"
REQUIREMENTS = ROOT / "benchmarks" / "engines" / "dlt-requirements.txt"


def peer_python() -> Path:
    """Return the interpreter of the environment that dlt is installed in; made when the pinned versions changed."""
    pinned = REQUIREMENTS.read_bytes()
    folder = CACHE / f"dlt-{blake2b(pinned, digest_size=6).hexdigest()}"
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        print("installing dlt into an environment of its own", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--requirement", REQUIREMENTS], check=True)  # noqa: S603 -- our own
        done.touch()
    return python


def versions() -> dict[str, str]:
    """Return the versions of what is measured."""
    ours = {name: version(name) for name in ("tieline", "sqlalchemy", "psycopg", "orjson", "requests")}
    pinned = dict(line.split("==", 1) for line in REQUIREMENTS.read_text().splitlines() if "==" in line)
    return {"python": sys.version.split()[0], **ours, "dlt": pinned["dlt"].split()[0]}
