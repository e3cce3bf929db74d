"""A wheel of Tieline, installed into an empty virtual environment elsewhere, is all that an installation needs."""

import os
import re
import signal
import sqlite3
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
import requests

from host.migrations import head
from tests.installations import MakeOnce, make_environment
from tests.serving import free_port

START_SECONDS = 60


@pytest.fixture(scope="session")
def installed(tieline_wheel: Path, make_once: MakeOnce) -> Path:
    """The folder of the programs of a virtual environment that holds the wheel."""
    return make_once("installed-wheel", lambda folder: make_environment(folder, tieline_wheel)) / "bin"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIELINE_", "PYTHON"))}
    return {**kept, "TIELINE_DATA_FOLDER": str(tmp_path / "data")}


@pytest.fixture
def address(installed: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """The address of `tieline serve`, run from the wheel in a fresh folder."""
    port = free_port()
    output = tmp_path / "output"
    with output.open("wb") as written:
        process = subprocess.Popen(
            [installed / "tieline", "serve"],
            env={**environment, "TIELINE_PORT": port},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_healthy(url, process, output)
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=START_SECONDS)


def wait_until_healthy(url: str, process: "subprocess.Popen[bytes]", output: Path) -> None:
    deadline = monotonic() + START_SECONDS
    while monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{url}/healthz", timeout=30).ok:
                return
        except requests.ConnectionError:
            sleep(0.1)
    pytest.fail(f"tieline serve does not answer:\n{output.read_text(encoding='utf-8')}")


def test_the_wheel_holds_packages_templates_migrations_static_files_and_licence(tieline_wheel: Path) -> None:
    names = set(zipfile.ZipFile(tieline_wheel).namelist())
    assert {"host/__init__.py", "sync_connectors/__init__.py", "erp_links/__init__.py", "plugins/__init__.py"} <= names
    assert any(name.startswith("host/templates/") and name.endswith(".html") for name in names)
    assert any(name.startswith("host/static/") for name in names)
    assert any(re.fullmatch(r"host/migrations/versions/0001\w+\.py", name) for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith(("tests/", "templates/")) for name in names)


def test_the_installed_copy_is_not_the_checkout(installed: Path, environment: dict[str, str], tmp_path: Path) -> None:
    code = "import host, host.templating as t; print(host.__file__); print(t.template_folder())"
    run = [installed / "python", "-c", code]
    output = subprocess.run(run, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert all(Path(line).is_relative_to(installed.parent) for line in output.splitlines())


def test_the_installed_copy_serves_migrated_with_templates_and_static_files(address: str, tmp_path: Path) -> None:
    page = requests.get(address, timeout=30)
    assert page.status_code == 200
    assert "/sign-in" in page.url
    assert 'type="password"' in page.text
    files = re.findall(r'(?:href|src)="(/[^"]+\.(?:css|js)[^"]*)"', page.text)
    assert files
    statuses = {path: requests.get(address + path, timeout=30).status_code for path in files}
    assert {path for path, status in statuses.items() if status != 200} == set()
    with sqlite3.connect(tmp_path / "data" / "tieline.db") as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(head(),)]


def test_the_installed_copy_knows_its_shipped_plugin(
    installed: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    run = [installed / "tieline", "plugin", "list", "--json"]
    output = subprocess.run(run, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert '"workbook"' in output
