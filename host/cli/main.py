"""The group that all commands hang on."""

from importlib.metadata import version

import click

from host.cli.accounts import token, user
from host.cli.backups import backup, restore
from host.cli.connectors import connector
from host.cli.databases import db
from host.cli.demo import demo
from host.cli.installation import Installation
from host.cli.keys import key
from host.cli.links import link
from host.cli.plugins import plugin
from host.cli.serving import serve


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("tieline"), prog_name="tieline")
@click.pass_context
def main(context: click.Context) -> None:
    """Sync the records of a CRM with ERPs.

    Settings come from the environment (TIELINE_…) and from the TOML file that TIELINE_CONFIG names; docs/settings.md
    lists them. Exit codes: 0 done, 1 failed, 2 misused.
    """
    context.obj = Installation()


for command in (serve, demo, db, backup, restore, user, token, plugin, connector, link, key):
    main.add_command(command)
