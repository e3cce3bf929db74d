"""`tieline backup` and `tieline restore`."""

from pathlib import Path

import click

from erp_links.links.copies import pause_restored_links
from host.app.tables import metadata
from host.backup import BackupError, BackupSummary
from host.backup import restore as restore_backup
from host.backup import save as save_backup
from host.cli.installation import CommandFailedError, Installation, pass_installation


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@pass_installation
def backup(installation: Installation, file: Path) -> None:
    """Write all data into FILE, as it is at one moment, while Tieline goes on working.

    Secrets are in it encrypted. The key is not in it: keep it elsewhere, without it the secrets must be typed again.
    """
    try:
        summary = save_backup(installation.migrated_database, metadata, file)
    except BackupError as error:
        raise CommandFailedError(str(error)) from error
    click.echo(f"{file}: {_counted(summary)}. The key of the secrets is not in it.")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Throw away what the database holds now.")
@pass_installation
def restore(installation: Installation, file: Path, *, replace: bool) -> None:
    """Put the data of FILE into a migrated database, all of it or nothing; also from SQLite to PostgreSQL and back.

    Stop Tieline before. All active links are paused: a copy must not sync beside the original.
    """
    try:
        summary = restore_backup(installation.migrated_database, metadata, file, pause_restored_links, replace=replace)
    except BackupError as error:
        raise CommandFailedError(str(error)) from error
    click.echo(f"{_counted(summary)} restored. Active links are paused; resume them when the original is stopped.")


def _counted(summary: BackupSummary) -> str:
    return f"{summary.rows} rows of {summary.tables} tables"
