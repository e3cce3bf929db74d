"""`tieline key`."""

from pathlib import Path

import click

from host.cli.installation import CommandFailedError, Installation, pass_installation, told
from host.secrets import KeyFileError, Rotated, rotate_keys
from host.secrets.keys import new_key
from sync_connectors.json_protocol.server.serving import rotate_key
from sync_connectors.json_protocol.server.store import FILE, StoreError


@click.group()
def key() -> None:
    """Make and change the key that encrypts stored secrets."""


@key.command("new")
def show_new_key() -> None:
    """Print a fresh key, for TIELINE_SECRET_KEY or a key file. Nothing is stored."""
    click.echo(new_key())


@key.command("rotate")
@click.option(
    "--served",
    "folders",
    type=click.Path(file_okay=False, path_type=Path),
    multiple=True,
    help="Folder of a served connector: only what its server keeps is encrypted anew; may be given several times.",
)
@pass_installation
def rotate(installation: Installation, folders: tuple[Path, ...]) -> None:
    """Encrypt all stored secrets under a new key.

    With a key file, a new key is made and written to it. With TIELINE_SECRET_KEY, put the new key in front of the
    old one (new,old) first. May be killed at any point and run again. Users have to sign in again. What connectors
    that are served from TIELINE_DATA_FOLDER keep is encrypted anew as well.
    """
    settings = installation.settings
    rotated: list[Rotated] = []
    if not folders:
        with told():
            rotated.append(rotate_keys(installation.migrated_database, installation.secret_box))
    for folder in folders or sorted(file.parent for file in settings.data_folder.glob(f"served/*/{FILE}")):
        try:
            rotated.append(rotate_key(settings, folder.absolute()))
        except (StoreError, KeyFileError) as error:
            raise CommandFailedError(str(error)) from error
    click.echo(f"{sum(one.reencrypted for one in rotated)} secrets are under the new key")
    if lost := [f"{name} of {owner}" for one in rotated for owner, name in one.lost]:
        raise CommandFailedError(f"no key fits these, type them again: {', '.join(lost)}")
