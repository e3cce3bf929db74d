"""`tieline connector new`."""

from pathlib import Path

import click

from host.cli.installation import CommandFailedError, CommandMisusedError, Installation, pass_installation
from sync_connectors.new_project import BadNameError, FolderTakenError, ProjectNames, write_project


@click.command("new")
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="Folder to write, new or empty; tieline-NAME where you are unless given.",
)
@pass_installation
def new_connector(installation: Installation, name: str, folder: Path | None) -> None:
    """Begin a connector: write a project with a connector called NAME, a fake ERP and tests.

    All its tests pass as it is written; its README says how to go on.
    """
    try:
        names = ProjectNames.of(name)
        owner = installation.plugins.owner_of(name)
        if owner is not None:
            raise CommandMisusedError(f"a connector {name} is installed already, by {owner.label}; take another name")
        target = folder or Path(names.distribution)
        written = write_project(names, target)
    except (BadNameError, FolderTakenError) as error:
        raise CommandMisusedError(str(error)) from error
    except OSError as error:
        raise CommandFailedError(f"the project cannot be written: {error}") from error
    for path in written:
        click.echo(path)
    click.echo(f"go on in {target}: pip install -e '.[dev]' && pytest")
