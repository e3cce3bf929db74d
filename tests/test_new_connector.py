"""A connector that was just begun, installed from its wheel beside Tieline's: from its URL to a synced record."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
import requests

from tests.installations import MakeOnce, build_wheel, install, make_environment

SECONDS = 60
NAME, PACKAGE = "acme-books", "tieline_acme_books"


@dataclass
class Installed:
    """Programs of an environment with Tieline and the connector, and the folder of the connector's project."""

    programs: Path
    project: Path

    def environment(self, data: Path, **settings: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIELINE_", "PYTHON"))}
        return {**kept, "TIELINE_DATA_FOLDER": str(data), "TIELINE_OUTBOUND_ALLOW": "127.0.0.1", **settings}

    def run(self, *command: str, data: Path, cwd: Path | None = None) -> str:
        """Run one of the programs and return what it printed."""
        program, *arguments = command
        ended = subprocess.run(
            [self.programs / program, *arguments],
            env=self.environment(data),
            cwd=cwd or data,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    @contextmanager
    def running(self, *command: str, data: Path, **settings: str) -> Iterator[Callable[[str], str]]:
        """Run a program beside the test; what is yielded waits for a pattern in its output and returns its group."""
        program, *arguments = command
        output = data / f"{program}-{len(list(data.glob('*.output')))}.output"
        with output.open("wb") as written:
            process = subprocess.Popen(
                [self.programs / program, *arguments],
                env=self.environment(data, **settings),
                cwd=data,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
            )

            def told(pattern: str) -> str:
                found = until(lambda: re.search(pattern, output.read_text(encoding="utf-8")), process, output)
                return str(found[1])

            try:
                yield told
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=SECONDS)


def until(look: Callable[[], Any], process: "subprocess.Popen[bytes]", output: Path) -> Any:
    deadline = monotonic() + SECONDS
    while monotonic() < deadline and process.poll() is None:
        if found := look():
            return found
        sleep(0.1)
    pytest.fail(f"{process.args} does not go on:\n{output.read_text(encoding='utf-8')}")


@pytest.fixture(scope="session")
def installed(tieline_wheel: Path, make_once: MakeOnce) -> Installed:
    """Tieline and the connector, each from its wheel; the project was written by the installed Tieline."""

    def installed_in(folder: Path) -> Installed:
        return Installed(folder / "environment" / "bin", folder / "project")

    def make(folder: Path) -> None:
        made = installed_in(folder)
        (folder / "data").mkdir(parents=True)
        make_environment(folder / "environment", tieline_wheel)
        printed = made.run("tieline", "connector", "new", NAME, "--folder", str(made.project), data=folder / "data")
        assert str(made.project / PACKAGE / "connector.py") in printed
        install(made.programs, build_wheel(made.project, folder / "wheel"))

    return installed_in(make_once("new-connector", make))


@pytest.fixture
def erp(installed: Installed, tmp_path: Path) -> Iterator[str]:
    """The address of the fake ERP that the project brings."""
    with installed.running("python", "-u", "-m", f"{PACKAGE}.fake_erp", "0", data=tmp_path) as told:
        yield told(r"listens on (http://\S+),")


@dataclass
class Tieline:
    """A running Tieline, reached by its API as an administrator, and by its commands."""

    installed: Installed
    address: str
    token: str
    data: Path

    def ask(self, method: str, path: str, body: object = None, version: str = "") -> Any:
        headers = {"Authorization": f"Bearer {self.token}", **({"If-Match": version} if version else {})}
        answer = requests.request(method, f"{self.address}/api/v1{path}", json=body, headers=headers, timeout=SECONDS)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def names_synced_from(self, url: str, configuration: Mapping[str, str]) -> list[str]:
        """Register a connector by its URL, sync a link on it, and return the names of the companies in the CRM."""
        connector = self.ask("POST", "/sync-connectors", {"name": "Acme", "url": url}).json()
        asked = {"name": "Acme", "connector_id": connector["id"], "visibility": {"mode": "all"}}
        link = self.ask("POST", "/erp-links", {**asked, "configuration": configuration}).json()
        mappings = f"/erp-links/{link['id']}/mappings"
        customers = {"name": "Customer", "active": True, "entity_type": "company", "unpaired_pull": "create"}
        fields = [{"key": "name", "crm_field": "name", "to_crm": True}]
        version = self.ask("GET", mappings).headers["ETag"]
        self.ask("PUT", mappings, {"actor_types": [{**customers, "fields": fields}]}, version)
        self.ask("POST", f"/erp-links/{link['id']}/activate")
        self.installed.run("tieline", "link", "sync", "Acme", data=self.data)
        return sorted(company["name"] for company in self.ask("GET", "/companies").json()["items"])


@pytest.fixture
def tieline(installed: Installed, tmp_path: Path) -> Iterator[Tieline]:
    settings = {"TIELINE_PORT": "0", "TIELINE_WORKER_POLL_SECONDS": "0.1"}
    with installed.running("tieline", "serve", data=tmp_path, **settings) as told:
        address = told(r"Tieline listens on (http://\S+?)/?\n")
        installed.run("tieline", "user", "add", "ida", "--administrator", "--password", "a long word", data=tmp_path)
        token = installed.run("tieline", "token", "create", "ida", "--name", "t", "--scope", "admin", data=tmp_path)
        yield Tieline(installed, address, token.strip(), tmp_path)


def test_the_tests_of_the_project_pass_with_the_installed_tieline(installed: Installed, tmp_path: Path) -> None:
    pytest_of_project = ("python", "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", str(installed.project))
    told = installed.run(*pytest_of_project, data=tmp_path, cwd=installed.project)
    (passed,) = re.findall(r"(\d+) passed", told)
    assert int(passed) > 50, "the conformance kit and the runs on the fake host"
    assert "stands in the way" not in told


def test_its_records_are_synced_in_process(tieline: Tieline, erp: str) -> None:
    names = tieline.names_synced_from(f"plugin:{NAME}", {"address": erp, "token": "secret"})
    assert names == ["Alfa", "Beta", "Gamma"]


def test_its_records_are_synced_from_a_connector_server(
    installed: Installed, tieline: Tieline, erp: str, tmp_path: Path
) -> None:
    with installed.running("tieline", "connector", "serve", NAME, "--port", "0", data=tmp_path) as told:
        url = told(r"register it as (json\+http://\S+)")
        names = tieline.names_synced_from(url, {"address": erp, "token": "secret"})
    assert names == ["Alfa", "Beta", "Gamma"]


def test_a_name_that_is_taken_is_refused(installed: Installed, tmp_path: Path) -> None:
    taken = subprocess.run(
        [installed.programs / "tieline", "connector", "new", "workbook"],
        env=installed.environment(tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert taken.returncode == 2
    assert "workbook (tieline" in taken.stderr
    assert list(tmp_path.glob("tieline-*")) == []
