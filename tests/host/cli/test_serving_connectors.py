"""`tieline connector serve` as a process."""

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from plugins.workbook.sample import write_sample
from tests.host.cli.conftest import Terminal
from tests.serving import Tieline

GUID = "11111111-2222-3333-4444-555555555555"
SERVED = re.compile(r"is served by (http://\S+), register it as (json\+http://\S+)$", re.MULTILINE)
LINK = {"configuration": {"Filename": "erp.xlsx"}, "time_zone": "Europe/Copenhagen", "name": "Nordwind"}

Begin = Callable[..., Tieline]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Starts `tieline connector serve workbook`; whatever still runs at the end of the test is stopped."""
    started: list[Tieline] = []

    def start(*arguments: str) -> Tieline:
        command = ("connector", "serve", "workbook", *(arguments or ("--port", "0")))
        started.append(Tieline(tmp_path / "data", *command, output=tmp_path / f"output{len(started)}"))
        return started[-1]

    yield start
    for each in started:
        each.stop()


def url_of(process: Tieline) -> str:
    found = process.wait_for(lambda: SERVED.search(process.output), "serves nothing")
    assert found[2] == f"json+{found[1]}"
    return found[1]


def send(method: str, url: str, token: str = "", **options: object) -> requests.Response:
    headers = {"Tieline-Protocol": "0.1", "Tieline-Session": "session-1"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return requests.request(method, url, headers=headers, timeout=30, **options)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_plugin_is_served_keeps_its_links_and_stops_when_told(
    begin: Begin, tmp_path: Path, number: signal.Signals
) -> None:
    write_sample(tmp_path / "data" / "files" / "erp.xlsx", 3)
    first = begin()
    url = url_of(first)
    assert send("GET", url).json()["name"] == "workbook"
    assert send("PUT", f"{url}/links/{GUID}", json=LINK).ok
    assert first.stop(number) == 0
    assert (tmp_path / "data" / "served" / "workbook" / "served.db").exists()
    again = begin()
    told = send("POST", f"{url_of(again)}/links/{GUID}/test", json={})
    assert told.json()["details"][0] == ["Workbook", "erp.xlsx"]
    assert f"PUT /links/{GUID} 200" in first.output


def test_a_token_file_decides_who_may_call_and_folders_can_be_named(begin: Begin, tmp_path: Path) -> None:
    write_sample(tmp_path / "books" / "erp.xlsx", 3)
    tokens = tmp_path / "tokens"
    tokens.write_text("nordwind:token-of-nordwind-0001\n")
    tokens.chmod(0o600)
    folders = ("--data-folder", str(tmp_path / "kept"), "--files-root", str(tmp_path / "books"))
    served = begin("--port", "0", "--token-file", str(tokens), *folders)
    url = url_of(served)
    assert send("GET", url).status_code == 401
    assert send("GET", url, "token-of-nordwind-0001").ok
    assert send("PUT", f"{url}/links/{GUID}", "token-of-nordwind-0001", json=LINK).ok
    assert {path.name for path in (tmp_path / "kept").iterdir()} >= {"served.db", "secret.key"}
    assert served.stop() == 0
    assert "token-of-nordwind" not in served.output


def test_what_cannot_be_served_is_told_with_the_reason(terminal: Terminal, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text("nordwind:token-of-nordwind-0001\n")
    tokens.chmod(0o644)
    for arguments, plugin, code, reason in (
        (("--port", "0", "--host", "0.0.0.0"), "workbook", 1, "give --token-file, or name with --allow-anonymous"),  # noqa: S104 - refused
        (("--port", "0", "--token-file", str(tokens)), "workbook", 2, "run `chmod 600"),
        (("--port", "0", "--allow-anonymous", "everybody"), "workbook", 2, "does not appear to be an IPv4 or IPv6"),
        (("--port", "0"), "nothing", 2, "no connector answers behind nothing"),
    ):
        refused = terminal("connector", "serve", plugin, *arguments)
        assert refused.exit_code == code
        assert reason in refused.stderr
        assert "Traceback" not in refused.output
