"""The two work sources of the engine: one asks for the runs that are due, one executes what was asked for."""

import logging
import threading
from contextlib import nullcontext
from datetime import datetime
from uuid import uuid4

from sqlalchemy import ColumnElement, String, and_, cast, exists, literal, not_, or_, select
from sqlalchemy.orm import Session, joinedload

from erp_links.links.models import ErpLink, LinkState
from erp_links.links.schedule import is_automatic
from erp_links.links.standing import standings_of
from erp_links.runtime import Context, LinkRuntime
from erp_links.sync.ending import ENGINE
from erp_links.sync.executor import RunExecutor
from erp_links.sync.models import Run, RunStatus
from erp_links.sync.requesting import Cause, request_run
from host.errors import TielineError
from host.jobs import leases
from host.jobs.clock import clock_of
from host.jobs.keeping import LEASE_SECONDS, LeaseKeeper
from host.jobs.models import Lease
from sync_connectors.guarding import given_up_after

log = logging.getLogger(__name__)

_LEASE_PREFIX = "erp_link:"


def lease_name(link_id: int) -> str:
    """Return the name of the lease that a run of a link holds."""
    return f"{_LEASE_PREFIX}{link_id}"


class DueLinks:
    """Asks for a run of each link whose time has come."""

    name = "schedule"
    pause_seconds = 10.0
    """Links that rest for a reason which is not stored, such as a missing plugin, stay due."""

    def __init__(self, runtime: LinkRuntime, context: Context = nullcontext) -> None:
        """Take the parts of the process, and the context for texts."""
        self._runtime = runtime
        self._context = context

    def is_due(self, now: ColumnElement[datetime]) -> ColumnElement[bool]:
        """Return whether the time of any link has come."""
        return exists(select(ErpLink.id).where(_has_come(now)))

    def work(self, stopping: threading.Event) -> bool:
        """Ask for the runs that are due."""
        asked = False
        with self._context():
            with self._runtime.database.reading() as session:
                due = self._due(session)
            for link_id in due:
                if stopping.is_set():
                    break
                asked = self._request(link_id) or asked
        return asked

    def _due(self, session: Session) -> list[int]:
        links = session.scalars(
            select(ErpLink)
            .where(_has_come(clock_of(session)))
            .options(joinedload(ErpLink.connector))
            .order_by(ErpLink.next_run_at, ErpLink.id)
        ).all()
        standings = standings_of(session, self._runtime, links)
        return [link.id for link in links if standings[link.id].runs]

    def _request(self, link_id: int) -> bool:
        try:
            with self._runtime.database.writing() as session:
                request_run(session, link_id, Cause.SCHEDULE, ENGINE)
        except TielineError as error:
            log.info("link %d is not run by schedule: %s", link_id, error)
            return False
        return True


class RequestedRuns:
    """Executes runs that wait, and goes on with those whose worker died. One run per link at a time."""

    name = "runs"
    pause_seconds = 0.0

    def __init__(
        self, runtime: LinkRuntime, context: Context = nullcontext, executor: RunExecutor | None = None
    ) -> None:
        """Take the parts of the process, and the context for texts."""
        self._runtime = runtime
        self._context = context
        self._executor = executor or RunExecutor(runtime)

    def is_due(self, now: ColumnElement[datetime]) -> ColumnElement[bool]:
        """Return whether any run waits that nobody seems to work on."""
        return exists(select(Run.id).where(_is_waiting(now)))

    def work(self, stopping: threading.Event) -> bool:
        """Execute one run, if one waits that nobody else has taken."""
        with self._runtime.database.reading() as session:
            waiting = _waiting(session)
        for run_id, link_id in waiting:
            with self._runtime.database.writing() as session:
                lease = leases.acquire(session, lease_name(link_id), uuid4().hex, LEASE_SECONDS)
            if lease is None:
                continue
            with self._context(), given_up_after(stopping), LeaseKeeper(self._runtime.database, lease) as keeper:
                # another worker may have ended the run between the look and the lease
                if self._is_unfinished(run_id):
                    self._executor.execute(run_id, link_id, keeper, stopping)
                    return True
        return False

    def _is_unfinished(self, run_id: int) -> bool:
        with self._runtime.database.reading() as session:
            status = session.scalar(select(Run.status).where(Run.id == run_id))
        return status is not None and status != RunStatus.FINISHED


def _has_come(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Return the condition that a link is to be run by schedule, as far as its row tells."""
    unfinished = select(Run.id).where(Run.link_id == ErpLink.id, Run.status != RunStatus.FINISHED.value)
    return and_(
        ErpLink.state == LinkState.ACTIVE.value,
        ErpLink.paused_reason.is_(None),
        or_(ErpLink.next_run_at.is_(None), ErpLink.next_run_at <= now),
        is_automatic(),
        ~unfinished.exists(),
    )


def _is_waiting(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Return the condition that a run has not ended and nobody seems to work on it; the lease decides."""
    name = literal(_LEASE_PREFIX) + cast(Run.link_id, String)
    taken = select(Lease.name).where(Lease.name == name, not_(leases.is_free(now)))
    return and_(Run.status != RunStatus.FINISHED.value, ~taken.exists())


def _waiting(session: Session) -> list[tuple[int, int]]:
    """Return run and link of what waits, the longest first."""
    rows = session.execute(
        select(Run.id, Run.link_id).where(_is_waiting(clock_of(session))).order_by(Run.requested_at, Run.id)
    )
    return [(run_id, link_id) for run_id, link_id in rows]
