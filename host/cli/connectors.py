"""`tieline connector`."""

import click

from host.cli.checking_connectors import check_connector
from host.cli.new_connector import new_connector
from host.cli.serving_connectors import serve_connector


@click.group()
def connector() -> None:
    """Serve connectors to others, judge them, and begin new ones."""


connector.add_command(serve_connector)
connector.add_command(new_connector)
connector.add_command(check_connector)
