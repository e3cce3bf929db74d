import json

import pytest
from sqlalchemy import select

from erp_links.sync.models import Run
from host.database import Database
from host.secrets import SecretBox, SecretStore
from tests.host.cli.conftest import Linked, Terminal

LINK = "Nordwind Finance DK"


@pytest.mark.usefixtures("linked")
def test_links_are_listed_with_connector_and_state(terminal: Terminal) -> None:
    result = terminal("link", "list")
    assert result.exit_code == 0
    assert result.output.split(maxsplit=1) == ["1", f"{LINK}  (Business workbook)  active\n"]


@pytest.mark.usefixtures("linked")
def test_a_saved_link_is_tested_by_name_or_number(terminal: Terminal) -> None:
    for name in (LINK, "1"):
        result = terminal("link", "test", name)
        assert result.exit_code == 0
        assert "passed in" in result.output


def test_a_test_that_does_not_pass_fails_with_the_connectors_words(linked: Linked, terminal: Terminal) -> None:
    linked.workbook.unlink()
    result = terminal("link", "test", LINK)
    assert result.exit_code == 1
    assert "there is no file erp/nordwind.xlsx" in result.stderr


@pytest.mark.usefixtures("linked")
def test_an_unknown_link_is_a_misuse(terminal: Terminal) -> None:
    for command in ("test", "sync"):
        result = terminal("link", command, "Nowhere")
        assert result.exit_code == 2
        assert "there is no ERP link Nowhere" in result.stderr


def test_a_sync_is_followed_to_its_end_and_counted(linked: Linked, terminal: Terminal) -> None:
    with linked.at_work():
        result = terminal("link", "sync", LINK)
    assert result.exit_code == 0
    assert "run 1 asked for" in result.output
    assert "success: 26 read, 26 created" in result.output


def test_a_sync_that_fails_ends_with_1_and_the_reason(linked: Linked, terminal: Terminal) -> None:
    linked.workbook.write_text("no workbook any more")
    with linked.at_work():
        result = terminal("link", "sync", LINK)
    assert result.exit_code == 1
    assert "nordwind.xlsx" in result.stderr


@pytest.mark.usefixtures("linked")
def test_a_sync_without_a_worker_says_that_none_is_alive(terminal: Terminal, monkeypatch) -> None:
    monkeypatch.setattr("host.cli.links.PATIENCE_SECONDS", 0.1)
    waiting = terminal("link", "sync", LINK)
    assert waiting.exit_code == 1
    assert "tieline serve" in waiting.stderr
    twice = terminal("link", "sync", LINK, "--no-wait")
    assert twice.exit_code == 1
    assert "already" in twice.stderr


def test_a_resync_is_asked_for_after_a_warning_that_counts(linked: Linked, terminal: Terminal) -> None:
    refused = terminal("link", "sync", LINK, "--from", "erp")
    assert refused.exit_code == 1
    assert "overwrite what the CRM has for 0 paired records?" in refused.output
    assert terminal("link", "sync", LINK, "--keep-blanks").exit_code == 2
    asked = terminal("link", "sync", LINK, "--from", "crm", "--keep-blanks", "--yes", "--no-wait")
    assert asked.exit_code == 0, asked.stderr
    with linked.runtime.database.reading() as session:
        (run,) = session.scalars(select(Run))
    assert (run.mode, run.keep_blanks, run.scope) == ("resync_from_crm", True, None)


def test_plugins_are_listed_also_for_machines(terminal: Terminal) -> None:
    told = terminal("plugin", "list")
    assert told.exit_code == 0
    assert "plugin:workbook" in told.output

    def statuses(**settings: str) -> dict[str, str]:
        reports = json.loads(terminal("plugin", "list", "--json", **settings).output)
        return {each["entry_point"]: each["status"] for each in reports}

    assert statuses()["workbook"] == "loaded"
    assert statuses(TIELINE_PLUGINS_BLOCK="workbook")["workbook"] == "blocked"


def test_rotation_puts_all_secrets_under_a_new_key_and_names_those_it_cannot_read(
    terminal: Terminal, sqlite_database: Database
) -> None:
    old = SecretBox.from_settings(terminal.settings)
    with sqlite_database.writing() as session:
        SecretStore(session, old).write("erp_link:1", {"Password": "hush"})
    before = terminal.settings.secret_key_file.read_text()
    result = terminal("key", "rotate")
    assert (result.exit_code, result.output) == (0, "1 secrets are under the new key\n")
    assert terminal.settings.secret_key_file.read_text() != before
    with sqlite_database.reading() as session:
        assert SecretStore(session, SecretBox.from_settings(terminal.settings)).read("erp_link:1") == {
            "Password": "hush"
        }
    terminal.settings.secret_key_file.unlink()
    lost = terminal("key", "rotate")
    assert lost.exit_code == 1
    assert "Password of erp_link:1" in lost.stderr
