"""Asking for a run, and asking one to end."""

from datetime import datetime
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink, LinkState
from erp_links.sync.models import Run, RunStatus
from host.audit.doer import Doer
from host.audit.operations import record
from host.errors import ConflictError, NotFoundError
from host.jobs.clock import read_clock


class Cause(StrEnum):
    """What asked for a run."""

    PERSON = "person"
    SCHEDULE = "schedule"
    API = "api"
    COMMAND = "command"


def request_run(session: Session, link_id: int, cause: Cause, doer: Doer) -> Run:
    """Queue a run of a link; a worker takes it within its poll interval.

    Raises:
        NotFoundError: The link is not there any more.
        ConflictError: The link is not active, or a run of it has not ended.
    """
    link = session.get(ErpLink, link_id)
    if link is None or link.state == LinkState.DELETED:
        raise NotFoundError(_("this ERP link does not exist"))
    if link.state != LinkState.ACTIVE:
        raise ConflictError(_("“%(link)s” is not active", link=link.name), _("activate it first"))
    if link.paused_reason:
        raise ConflictError(_("“%(link)s” is paused", link=link.name), _("resume it first"))
    unfinished = unfinished_run(session, link_id)
    if unfinished is not None:
        raise _already_running(unfinished)
    run = Run(
        link_id=link_id,
        cause=cause.value,
        requested_by=doer.user_id,
        requested_at=read_clock(session),
        counts={},
    )
    try:
        with session.begin_nested():
            session.add(run)
    except IntegrityError:
        # somebody else was quicker between the look and the insert; the unique index decides
        unfinished = unfinished_run(session, link_id)
        raise (_already_running(unfinished) if unfinished else ConflictError(_("a run has just ended"))) from None
    if cause is not Cause.SCHEDULE:
        record(session, doer, "run.request", "erp_link", link.id, link.name)
    return run


def cancel_run(session: Session, run_id: int, doer: Doer) -> Run:
    """Ask a run to end after the page in hand; one that no worker has taken ends when a worker sees it.

    Raises:
        NotFoundError: There is no such run.
        ConflictError: It has ended already.
    """
    run = session.get(Run, run_id)
    if run is None:
        raise NotFoundError(_("this run does not exist"))
    if run.status == RunStatus.FINISHED:
        raise ConflictError(_("this run has already ended"))
    cancelled = session.execute(
        update(Run)
        .where(Run.id == run_id, Run.cancelled_at.is_(None), Run.status != RunStatus.FINISHED.value)
        .values(cancelled_at=read_clock(session), cancelled_by=doer.user_id, version=Run.version + 1)
        .returning(Run.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if cancelled is not None:
        record(session, doer, "run.cancel", "erp_link", run.link_id, run.link.name)
    session.refresh(run)
    return run


def unfinished_run(session: Session, link_id: int) -> Run | None:
    """Return the run of a link that has not ended, if there is one."""
    return session.scalars(
        select(Run).where(Run.link_id == link_id, Run.status != RunStatus.FINISHED.value)
    ).one_or_none()


def _already_running(run: Run) -> ConflictError:
    since: datetime = run.started_at or run.requested_at
    return ConflictError(
        _("already running since %(time)s", time=since.isoformat(sep=" ", timespec="minutes")),
        _("wait for its end or cancel it"),
    )
