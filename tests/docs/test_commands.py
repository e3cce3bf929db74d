from collections.abc import Iterator
from pathlib import Path

import click

from host.cli import main
from host.cli.main import members_of
from host.cli.reference import reference

PAGE = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")


def members(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        for member in members_of(command).values():
            yield from members(member)


def test_the_page_of_the_commands_is_what_the_commands_say() -> None:
    assert reference() == PAGE, "docs/commands.md is stale: python -m host.cli.reference > docs/commands.md"


def test_every_command_and_option_says_what_it_is_for() -> None:
    assert [command.name for command in members(main) if not command.help] == []
    options = [option for command in members(main) for option in command.params if isinstance(option, click.Option)]
    assert options
    assert [option.name for option in options if not option.help] == []
