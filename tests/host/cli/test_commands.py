"""What holds for all commands."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from host.cli import main
from host.cli.main import members_of
from tests.host.cli.conftest import Terminal


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        for name, member in members_of(command).items():
            yield from commands(member, (*path, name))


@pytest.mark.parametrize("path", list(commands(main)), ids=" ".join)
def test_every_command_tells_what_it_does_without_any_setting(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, [*path, "--help"])
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 4


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("user", "add"),
        ("user", "add", "ida", "--password", "nordwind-2026", "--colour", "red"),
        ("token", "create", "ida", "--name", "x", "--scope", "everything"),
        ("token", "create", "ida", "--name", "x", "--days", "0"),
        ("serve", "--only", "kitchen"),
        ("backup",),
    ],
)
def test_a_misused_command_ends_with_2(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    result = terminal(*arguments)
    assert result.exit_code == 2
    assert "Usage:" in result.stderr


@pytest.mark.parametrize("arguments", [("link", "list"), ("serve",), ("db", "upgrade"), ("plugin", "list"), ("demo",)])
def test_unusable_settings_are_all_named_and_end_with_2(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    result = terminal(*arguments, TIELINE_PORT="high", TIELINE_COLOUR="red")
    assert result.exit_code == 2
    assert "TIELINE_PORT" in result.stderr
    assert "TIELINE_COLOUR" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("link", "list"),
        ("link", "test", "1"),
        ("user", "add", "ida", "--password", "nordwind-2026"),
        ("token", "create", "ida", "--name", "x"),
        ("key", "rotate"),
        ("backup", "copy"),
        ("restore", "copy"),
    ],
)
def test_a_database_without_tables_is_refused_with_the_command_that_makes_them(
    terminal_for, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    result = terminal_for(f"sqlite:///{tmp_path / 'empty.db'}")(*arguments)
    assert result.exit_code == 1
    assert "run `tieline db upgrade`" in result.stderr


def test_upgrade_makes_the_tables_and_says_so_and_may_be_run_again(terminal_for, empty_database_url: str) -> None:
    terminal = terminal_for(empty_database_url)
    first, second = terminal("db", "upgrade"), terminal("db", "upgrade")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "revision none → " in first.output
    assert "at revision " in second.output
    assert "postgres:" not in first.output
    assert terminal("link", "list").output == "no ERP link; add one on the page Settings → Sync\n"


@pytest.mark.postgresql
def test_serve_refuses_a_postgresql_that_is_not_migrated(terminal_for, postgres_databases) -> None:
    with postgres_databases.empty() as url:
        result = terminal_for(url)("serve")
    assert result.exit_code == 1
    assert "run `tieline db upgrade`" in result.stderr


def test_a_key_file_that_others_may_read_is_refused(terminal: Terminal) -> None:
    key_file = terminal.settings.secret_key_file
    assert terminal("user", "add", "ida", "--password", "nordwind-2026").exit_code == 0
    key_file.chmod(0o644)
    result = terminal("link", "list")
    assert result.exit_code == 1
    assert f"chmod 600 {key_file}" in result.stderr


def test_a_new_key_is_printed_and_stored_nowhere(tmp_path: Path) -> None:
    runner = CliRunner()
    first, second = (
        runner.invoke(main, ["key", "new"], env={"TIELINE_DATA_FOLDER": str(tmp_path / "x")}) for _ in "12"
    )
    assert first.exit_code == second.exit_code == 0
    assert len(first.output.strip()) == len(second.output.strip()) == 44
    assert first.output != second.output
    assert not (tmp_path / "x").exists()


def test_a_database_that_cannot_be_reached_is_told_in_words(terminal_for) -> None:
    result = terminal_for("postgresql+psycopg://nobody:hush@127.0.0.1:1/none")("link", "list")
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "cannot be reached" in result.stderr
    assert "hush" not in result.output


def test_backup_and_restore_tell_how_much_they_moved(terminal: Terminal, tmp_path: Path) -> None:
    terminal("user", "add", "ida", "--password", "nordwind-2026")
    copy = tmp_path / "copy"
    saved = terminal("backup", str(copy))
    assert saved.exit_code == 0
    assert "rows of" in saved.output
    assert "key of the secrets is not in it" in saved.output
    assert terminal("backup", str(copy)).exit_code == 1
    refused = terminal("restore", str(copy))
    assert refused.exit_code == 1
    assert "--replace" in refused.stderr
    restored = terminal("restore", str(copy), "--replace")
    assert restored.exit_code == 0
    assert "Active links are paused" in restored.output
    assert terminal("restore", str(tmp_path / "none")).exit_code == 1
