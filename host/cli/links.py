"""`tieline link`."""

import time

import click
from sqlalchemy.orm import Session

from erp_links.links.finding import managed_links
from erp_links.links.models import ErpLink
from erp_links.links.standing import standings_of
from erp_links.links.testing import test_link
from erp_links.sync.models import Outcome, Run, RunMode, RunStatus
from erp_links.sync.requesting import ORDINARY, Cause, Wanted, count_resynced, request_run
from erp_links.sync.views.progress import counted, follow
from host.cli.installation import CommandFailedError, CommandMisusedError, Installation, pass_installation, told
from host.jobs.presence import is_working

_RESYNCS = {"crm": RunMode.RESYNC_FROM_CRM, "erp": RunMode.RESYNC_FROM_ERP}
LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 15.0


@click.group()
def link() -> None:
    """List, test and sync ERP links. LINK is a link's name or number."""


@link.command("list")
@pass_installation
def list_links(installation: Installation) -> None:
    """List the links with their state."""
    with installation.app.app_context(), installation.migrated_database.reading() as session:
        links = managed_links(session)
        standings = standings_of(session, installation.runtime, links)
        for each in links:
            standing = standings[each.id]
            paused = f", paused: {standing.detail}" if standing.paused else ""
            click.echo(f"{each.id:>4}  {each.name}  ({each.connector.name})  {each.state}{paused}")
    if not links:
        click.echo("no ERP link; add one on the page Settings → Sync")


@link.command("test")
@click.argument("link_name", metavar="LINK")
@pass_installation
def run_test(installation: Installation, link_name: str) -> None:
    """Test a saved link with a real operation in its ERP."""
    with installation.app.app_context(), told():
        with installation.migrated_database.reading() as session:
            link_id = _found(session, link_name).id
        result = test_link(installation.runtime, installation.doer, link_id)
    for label, text in result.details.items():
        click.echo(f"{label}: {text}")
    if not result.passed:
        raise CommandFailedError(". ".join(part for part in (result.text, result.instruction) if part))
    click.echo(f"passed in {result.seconds:.1f} s")


@link.command("sync")
@click.argument("link_name", metavar="LINK")
@click.option("--no-wait", is_flag=True, help="Only ask for the run.")
@click.option(
    "--from",
    "side",
    type=click.Choice(["crm", "erp"]),
    help="Resync: this side overwrites the other in every mapped field of all paired records.",
)
@click.option("--keep-blanks", is_flag=True, help="With --from: blanks do not overwrite.")
@click.option("--yes", is_flag=True, help="With --from: do not ask whether to overwrite.")
@pass_installation
def sync_link(
    installation: Installation, link_name: str, *, no_wait: bool, side: str | None, keep_blanks: bool, yes: bool
) -> None:
    """Ask for a run of a link and follow it to its end. The worker of `tieline serve` does it.

    Fails when the run does not end as a success.
    """
    database = installation.migrated_database
    if side is None and (keep_blanks or yes):
        raise CommandMisusedError("--keep-blanks and --yes go with --from crm or --from erp")
    wanted = Wanted(_RESYNCS[side], keep_blanks) if side else ORDINARY
    if side and not yes:
        _confirm_resync(installation, link_name, side)
    with installation.app.app_context(), told(), database.writing() as session:
        link_id = _found(session, link_name).id
        runtime = installation.runtime
        run_id = request_run(session, link_id, Cause.COMMAND, installation.doer, wanted, runtime=runtime).id
    click.echo(f"run {run_id} asked for")
    if no_wait:
        return
    _wait_for_worker(installation, run_id)
    run = follow(database, run_id, click.echo)
    click.echo(f"{run.outcome}: {counted(run.counts)}")
    if run.outcome != Outcome.SUCCESS:
        raise CommandFailedError(run.message or f"the run ended as {run.outcome}, see the page Runs")


def _confirm_resync(installation: Installation, link_name: str, side: str) -> None:
    with installation.app.app_context(), installation.migrated_database.reading() as session:
        count = count_resynced(session, _found(session, link_name).id)
    other = "ERP" if side == "crm" else "CRM"
    records = "1 paired record" if count == 1 else f"{count} paired records"
    click.confirm(f"overwrite what the {other} has for {records}?", abort=True)


def _wait_for_worker(installation: Installation, run_id: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with installation.migrated_database.reading() as session:
            run = session.get_one(Run, run_id)
            if run.status != RunStatus.QUEUED or is_working(session):
                return
        time.sleep(LOOK_SECONDS)
    raise CommandFailedError("no worker process is alive, start one with `tieline serve`; the run waits for it")


def _found(session: Session, name: str) -> ErpLink:
    links = [each for each in managed_links(session) if each.name == name or str(each.id) == name]
    if len(links) != 1:
        raise CommandMisusedError(f"there is no ERP link {name}, see `tieline link list`")
    return links[0]
