"""`tieline demo`."""

import shutil
import threading
from dataclasses import replace

import click

from host.address import address_of
from host.app.demo import SHOP_HOST, WebShop, is_set_up, set_up, show_first_sync
from host.app.listening import check_address, wait_until_listening
from host.app.supervisor import SERVING, Supervisor
from host.cli.databases import migrate
from host.cli.installation import CommandFailedError, CommandMisusedError, Installation, pass_installation, told

MARKER = "tieline-demo"
LOG = "tieline.log"
WEB_SECONDS = 30.0


@click.command()
@click.option("--reset", is_flag=True, help="Throw the demo's data away and start over.")
@pass_installation
def demo(installation: Installation, *, reset: bool) -> None:
    """Run Tieline with sample data: a CRM, an ERP in a workbook, and a link that syncs them.

    A second ERP, a web shop, runs in a process of its own and is linked by its URL.

    Everything lies in the data folder (TIELINE_DATA_FOLDER), which must be empty or the demo's own.
    """
    with told():
        check_address(installation.settings)
    folder = installation.settings.data_folder
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise CommandMisusedError(f"{folder} holds something else than a demo, set TIELINE_DATA_FOLDER to a new folder")
    if reset and folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("made by `tieline demo`\n", encoding="utf-8")
    migrate(installation)
    allowed = (*installation.settings.outbound_allow, SHOP_HOST)  # the web shop is on this machine
    installation.settings = replace(installation.settings, outbound_allow=allowed)
    shop = WebShop.of(installation.settings)
    with installation.app.app_context(), told():
        if not is_set_up(installation.database):
            set_up(installation.runtime, click.echo)
        if not shop.is_set_up:
            shop.set_up(installation.runtime, click.echo)
    settings, database = installation.settings, installation.migrated_database
    address = f"{address_of(settings)}/"

    def show() -> None:
        wait_until_listening(settings.host, settings.port, WEB_SECONDS)
        show_first_sync(database, address, click.echo)

    beside = threading.Thread(target=show, daemon=True)
    log = settings.log_file or folder / LOG
    # the terminal tells how the first sync goes, and would be lost among the requests of three processes
    environment = {"TIELINE_OUTBOUND_ALLOW": ",".join(allowed), "TIELINE_LOG_FILE": str(log)}
    click.echo(f"Log: {log}")
    if not Supervisor({**SERVING, "shop": shop.command}, environment).run(beside=beside.start):
        raise CommandFailedError(f"a process could not be kept running, see {log}")
