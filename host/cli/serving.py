"""`tieline serve`."""

import click

from host.app.listening import check_address
from host.app.processes import run_worker, stop_with_parent
from host.app.supervisor import SERVING, Supervisor
from host.cli.databases import migrate
from host.cli.installation import CommandFailedError, Installation, pass_installation, told


@click.command()
@click.option(
    "--only",
    type=click.Choice(["web", "worker"]),
    help="Run this one process and supervise nothing, for a container or a service manager.",
)
@click.option("--supervised", is_flag=True, hidden=True, help="Stop at the end of the standard input.")
@pass_installation
def serve(installation: Installation, only: str | None, *, supervised: bool) -> None:
    """Run Tieline: one web process and one worker process, until Ctrl-C or SIGTERM.

    SQLite is migrated by itself. A PostgreSQL database that is not migrated is refused; run `tieline db upgrade`.
    """
    if only:
        database = installation.migrated_database
        with told():
            if only == "worker":
                run_worker(installation.settings, database, supervised=supervised)
            else:
                from host.app.serving import run_web  # noqa: PLC0415 - a worker is smaller without the web application

                if supervised:
                    stop_with_parent()
                run_web(installation.settings, database)
        return
    with told():
        check_address(installation.settings)
    if installation.database.is_sqlite:
        migrate(installation)
    installation.migrated_database.close()
    _ = installation.secret_box  # made or refused here, once, and not by two processes at a time
    if not Supervisor(SERVING).run():
        raise CommandFailedError("a process could not be kept running, see the messages above")
