"""`tieline connector check`."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from host.cli import main
from plugins.workbook.sample import write_sample
from sync_connectors.testing import CHECKS
from tests.emulators.broken import CONFIGURATION, GoodConnector
from tests.emulators.plain_erp import installed
from tests.emulators.plain_server import PlainServer
from tests.emulators.served import served

Check = Callable[..., Result]
TOKEN = "right-token-of-the-test"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"TIELINE_DATA_FOLDER": str(tmp_path / "data"), "TIELINE_OUTBOUND_ALLOW": "127.0.0.0/8"}


@pytest.fixture
def check(environment: dict[str, str]) -> Check:
    def run(*arguments: str, **options: Any) -> Result:
        return CliRunner().invoke(main, ["connector", "check", *arguments], env=environment, **options)

    return run


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlainServer:
    installed(tmp_path, monkeypatch)
    server = PlainServer("nordwind")
    for number in range(1, 4):
        server.put("Customer", f"C{number}", {"NAME": f"Firm {number}", "COUNTRY": "DK"})
    return server


def values(**configuration: str) -> list[str]:
    return [part for field, value in configuration.items() for part in ("--set", f"{field}={value}")]


PLAIN = values(Server="nordwind", Login="ada", Password="s3cret", Company="1")


@pytest.mark.usefixtures("server")
def test_it_tells_what_holds_what_does_not_apply_and_what_is_left_in_the_erp(check: Check) -> None:
    told = check("plain-erp", *PLAIN)
    assert told.exit_code == 0, told.output
    assert "  holds           Fields that a save does not name stay as they are.\n" in told.output
    assert "  does not apply  Rows come back as they were saved, in their order.\n" in told.output
    assert "Customer, Person: it has no rows that can be written" in told.output
    assert "a full read of Customer: " in told.output
    assert "left in the ERP: Customer C100" in told.output
    assert "s3cret" not in told.output


def test_what_fails_is_told_with_how_to_mend_it_and_exits_with_1(check: Check, server: PlainServer) -> None:
    server.lists["countries"]["XX"] = ""
    told = check("plugin:plain-erp", *PLAIN, "--read-only")
    assert told.exit_code == 1
    asked, found, mend = told.output.partition("  fails           ")[2].splitlines()[:3]
    assert asked == "Every list that a field names has items, each with a text."
    assert found.strip() == "the list countries has an item with a blank key or text: 'XX'"
    assert mend.strip() == "to mend: Answer list_items with key → text for each list name that is declared."
    assert f"1 of {len(CHECKS)} checks fail" in told.output


def test_read_only_writes_nothing(check: Check, server: PlainServer) -> None:
    assert check("plain-erp", *PLAIN, "--read-only").exit_code == 0
    assert {name for name, _about in server.calls} & {"create", "save"} == set()


def test_json_holds_every_check_and_what_it_cost(check: Check, server: PlainServer) -> None:
    told = check("plain-erp", *PLAIN, "--json")
    report = json.loads(told.stdout)
    assert report["connector"] == {"name": "plain-erp", "version": "1.0"}
    assert [each["check"] for each in report["checks"]] == [each.name for each in CHECKS]
    assert report["counts"]["fails"] == 0
    assert sum(report["counts"].values()) == len(CHECKS)
    assert report["costs"]["Customer"]["calls"] == 1
    created = {each["key"] for each in report["created"] if each["actor_type"] == "Customer"}
    assert created == server.records["Customer"].keys() - {"C1", "C2", "C3"}


@pytest.mark.usefixtures("server")
def test_a_secret_can_be_asked_for(check: Check) -> None:
    given = values(Server="nordwind", Login="ada", Company="1")
    told = check("plain-erp", *given, "--ask", "Password", "--read-only", "--json", input="s3cret\n")
    assert told.exit_code == 0
    assert json.loads(told.stdout)["counts"]["fails"] == 0


def test_a_connector_behind_a_url_is_judged_as_well(check: Check, tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text(f"{TOKEN}\n")
    with served(GoodConnector(), tmp_path / "served", token=TOKEN) as url:
        told = check(f"json+{url}", *values(**CONFIGURATION), "--token-file", str(token_file), "--json")
        refused = check(f"json+{url}", *values(**CONFIGURATION), "--json")
    counts = json.loads(told.stdout)["counts"]
    assert counts == {"fails": 0, "holds": len(CHECKS), "not judged": 0, "does not apply": 0}
    assert refused.exit_code == 1
    assert "AuthenticationError: " in refused.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("workbook",), "Filename: is missing\ngive values with --set FIELD=VALUE"),
        (("workbook", "--set", "Filename=x.xlsx", "--set", "Nothing=1"), "Nothing: "),
        (("workbook", "--set", "Filename"), "'Filename' has no value, write FIELD=VALUE"),
        (("workbook", "--time-zone", "Europe/Nowhere"), "Europe/Nowhere is no time zone"),
        (("ftp://erp.example",), "begins with none of the known forms"),
    ],
)
def test_misuse_is_told_with_exit_code_2(check: Check, arguments: tuple[str, ...], words: str) -> None:
    told = check(*arguments)
    assert told.exit_code == 2
    assert words in told.output


def test_a_plugin_that_is_not_there_is_told_with_exit_code_1(check: Check) -> None:
    told = check("nothing-of-the-kind")
    assert told.exit_code == 1
    assert "no connector answers behind nothing-of-the-kind" in told.output


def test_the_command_needs_no_pytest(environment: dict[str, str], tmp_path: Path) -> None:
    write_sample(tmp_path / "erp.xlsx", 2)
    program = "import sys; sys.modules['pytest'] = sys.modules['_pytest'] = None; from host.cli import main; main()"
    arguments = ["workbook", "--set", "Filename=erp.xlsx", "--files-root", str(tmp_path), "--read-only", "--json"]
    told = subprocess.run(
        [sys.executable, "-c", program, "connector", "check", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["counts"]["holds"] > 30
