"""`python -m host.cli.reference` prints the reference page of the commands, which is kept as `docs/commands.md`."""

from collections.abc import Iterator

import click

from host.cli.main import main, members_of

_INTRODUCTION = """\
# Commands

Every command of `tieline` as `--help` tells it. Exit codes: 0 done, 1 failed, 2 misused.

This page is made from the commands by `python -m host.cli.reference`.
"""
_WIDTH = 100


def reference() -> str:
    """Return the page in Markdown."""
    return "\n".join([_INTRODUCTION, *_sections(main, "tieline")])


def _sections(command: click.Command, path: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name, member in members_of(command).items():
            yield from _sections(member, f"{path} {name}")
        return
    # a command keeps the names of its help option from the first context that asks, so all must ask alike
    names = main.context_settings["help_option_names"]
    context = click.Context(
        command, info_name=path, max_content_width=_WIDTH, terminal_width=_WIDTH, help_option_names=names
    )
    yield f"## {path}\n\n```\n{command.get_help(context)}\n```\n"


if __name__ == "__main__":
    click.echo(reference(), nl=False)
