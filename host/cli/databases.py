"""`tieline db`."""

import click

from host.cli.installation import Installation, pass_installation
from host.crm.lifting import restore_all
from host.crm.standard_lists import ensure_standard_lists
from host.migrations import head, revision, upgrade


@click.group()
def db() -> None:
    """Look after the database."""


@db.command("upgrade")
@pass_installation
def upgrade_database(installation: Installation) -> None:
    """Bring the tables to the state that this version needs.

    Safe to run at any time. Make a backup first: a migration cannot be undone.
    """
    migrate(installation)


def migrate(installation: Installation) -> None:
    """Run what is left to migrate, and say from where to where."""
    before = revision(installation.database)
    if before not in {None, head()}:
        # a migration finds the tables as their first version made them, whatever a killed worker left undone
        restore_all(installation.database)
    upgrade(installation.database)
    with installation.database.writing() as session:
        ensure_standard_lists(session)
    if before != head():
        click.echo(f"database {installation.database.url}: revision {before or 'none'} → {head()}")
    else:
        click.echo(f"database {installation.database.url}: at revision {head()}")
