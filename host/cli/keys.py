"""`tieline key`."""

import click

from host.cli.installation import CommandFailedError, Installation, pass_installation, told
from host.secrets import rotate_keys
from host.secrets.keys import new_key


@click.group()
def key() -> None:
    """Make and change the key that encrypts stored secrets."""


@key.command("new")
def show_new_key() -> None:
    """Print a fresh key, for TIELINE_SECRET_KEY or a key file. Nothing is stored."""
    click.echo(new_key())


@key.command("rotate")
@pass_installation
def rotate(installation: Installation) -> None:
    """Encrypt all stored secrets under a new key.

    With a key file, a new key is made and written to it. With TIELINE_SECRET_KEY, put the new key in front of the
    old one (new,old) first. May be killed at any point and run again. Users have to sign in again.
    """
    with told():
        rotated = rotate_keys(installation.migrated_database, installation.secret_box)
    click.echo(f"{rotated.reencrypted} secrets are under the new key")
    if rotated.lost:
        names = ", ".join(f"{name} of {owner}" for owner, name in rotated.lost)
        raise CommandFailedError(f"no key fits these, type them again: {names}")
