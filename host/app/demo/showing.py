"""The first sync on the terminal, then where to go."""

import time
from collections.abc import Callable

from sqlalchemy import select

from erp_links.links.models import ErpLink
from erp_links.sync.models import Run
from erp_links.sync.requesting import Cause, request_run
from erp_links.sync.views.progress import counted, follow
from host.app.demo.linking import LINK
from host.app.demo.people import USERS
from host.app.demo.web_shop import LINK as SHOP_LINK
from host.audit.doer import Doer
from host.database import Database
from host.jobs.presence import is_working

WORKER_SECONDS = 30.0


def show_first_sync(database: Database, address: str, tell: Callable[..., None]) -> None:
    """Run each link for the first time, unless it has run, and print address and logins."""
    for name in (LINK, SHOP_LINK):
        with database.reading() as session:
            link_id = session.scalar(select(ErpLink.id).where(ErpLink.name == name))
            has_run = session.scalar(select(Run.id).where(Run.link_id == link_id).limit(1)) is not None
        if link_id is not None and not has_run:
            _sync(database, link_id, name, tell)
    tell("")
    tell(f"Tieline is at {address}")
    for user in USERS:
        tell(f"  {user.login:<5} {user.password:<20} {user.standing}")
    tell("Ctrl-C stops everything; the data stays for the next time, `make demo-reset` starts over.")


def _sync(database: Database, link_id: int, name: str, tell: Callable[..., None]) -> None:
    deadline = time.monotonic() + WORKER_SECONDS
    while time.monotonic() < deadline:
        with database.reading() as session:
            if is_working(session):
                break
        time.sleep(0.2)
    with database.writing() as session:
        run_id = request_run(session, link_id, Cause.COMMAND, Doer(None, "demo", "cli")).id
    tell(f"First sync of {name}:")
    run = follow(database, run_id, tell)
    tell(f"  {run.outcome}: {counted(run.counts)}")
