"""The group that all commands hang on."""

from importlib import import_module
from importlib.metadata import version
from typing import cast

import click

from host.cli.installation import Installation

_MODULES = {
    "backup": "backups",
    "connector": "connectors",
    "db": "databases",
    "demo": "demo",
    "key": "keys",
    "link": "links",
    "plugin": "plugins",
    "restore": "backups",
    "serve": "serving",
    "token": "accounts",
    "user": "accounts",
}


class _Commands(click.Group):
    """Loads a command when it is asked for: all of them together take as long as what most of them do."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return None
        module = import_module(f"host.cli.{_MODULES[cmd_name]}")
        return cast(click.Command, getattr(module, cmd_name))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("tieline"), prog_name="tieline")
@click.pass_context
def main(context: click.Context) -> None:
    """Sync the records of a CRM with ERPs.

    Settings come from the environment (TIELINE_…) and from the TOML file that TIELINE_CONFIG names; docs/settings.md
    lists them. Exit codes: 0 done, 1 failed, 2 misused.
    """
    context.obj = Installation()


def members_of(group: click.Group) -> dict[str, click.Command]:
    """Return the commands of a group by name, in their order, each loaded."""
    context = click.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}
