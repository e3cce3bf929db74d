"""The first and the last transaction of a run."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink, PauseReason
from erp_links.links.pausing import pause
from erp_links.links.schedule import schedule_of, sync_settings
from erp_links.runtime import LinkRuntime
from erp_links.sync.models import Outcome, Run, RunMode, RunStatus
from erp_links.sync.outcomes import Ending, escalated
from erp_links.sync.permit import RunPermit
from host.audit.doer import Doer
from host.database import Database
from host.errors import TielineError
from host.logs import redacted

ENGINE = Doer(None, "sync engine", "job")
"""Who does what a run does."""

_LONGEST_BACK_OFF = timedelta(hours=6)
_REMEMBERED_RUNS = 10
_LEFT_OVER = ("failed", "erp_failed", "erp_unclear")
"""Counts of records that somebody has to look at."""


def begin_run(database: Database, permit: RunPermit) -> Counter[str]:
    """Note that a run is under way; return the counts that it had when another worker left it.

    Raises:
        LeaseLostError: Somebody else runs the link by now.
    """
    with database.writing() as session:
        at = permit.assert_held(session)
        run = session.get_one(Run, permit.run_id)
        run.status = RunStatus.RUNNING.value
        run.started_at = run.started_at or at
        run.fence = permit.lease.fence
        run.version += 1
        return Counter(run.counts)


def requeue_run(database: Database, permit: RunPermit) -> None:
    """Give a run back that this worker cannot end; its passes stay open."""
    with database.writing() as session:
        permit.assert_held(session)
        session.execute(
            update(Run)
            .where(Run.id == permit.run_id)
            .values(status=RunStatus.QUEUED.value, version=Run.version + 1)
            .execution_options(synchronize_session=False)
        )


def finish_run(runtime: LinkRuntime, permit: RunPermit, ending: Ending, counts: Mapping[str, int]) -> None:
    """Store how a run ended, say when the next one is due, and pause the link where the ending asks for it.

    Raises:
        LeaseLostError: Somebody else runs the link by now.
    """
    with runtime.database.writing() as session:
        at = permit.assert_held(session)
        run = session.get_one(Run, permit.run_id)
        left_over = run.mode != RunMode.PREVIEW and any(counts.get(name) for name in _LEFT_OVER)
        outcome = escalated(ending.outcome, Outcome.PARTIAL if left_over else Outcome.SUCCESS)
        run.status = RunStatus.FINISHED.value
        run.outcome = outcome.value
        run.finished_at = at
        run.counts = dict(counts)
        run.error_class = ending.error_class
        run.message = redacted(ending.message)
        run.instruction = redacted(ending.instruction)
        run.technical = redacted(ending.technical)
        run.version += 1
        session.flush()
        link = session.get_one(ErpLink, permit.link_id)
        if run.mode != RunMode.PREVIEW:
            link.next_run_at = _next_run(session, runtime, link, run, ending)
            if outcome in {Outcome.SUCCESS, Outcome.PARTIAL}:
                # it held for what the brake had stopped; an outage in between does not use it up
                link.brake_lifted = False
        if ending.pause is not None:
            _pause(session, link.id, ending.pause, redacted(ending.message))


def _next_run(session: Session, runtime: LinkRuntime, link: ErpLink, run: Run, ending: Ending) -> datetime:
    """Return when the schedule may start the next run; it has no say over those that people start."""
    interval = timedelta(seconds=schedule_of(link, sync_settings(session, runtime.settings)).interval_seconds)
    regular: datetime = (run.started_at or run.requested_at) + interval
    ended: datetime = run.finished_at or run.requested_at
    if ending.wait_seconds is not None:
        return max(regular, ended + timedelta(seconds=ending.wait_seconds))
    if run.outcome != Outcome.ABORTED or run.cancelled_at is not None:
        return max(regular, ended)
    doubled: timedelta = interval * 2 ** (_aborted_in_a_row(session, link.id) - 1)
    return ended + min(doubled, max(_LONGEST_BACK_OFF, interval))


def _aborted_in_a_row(session: Session, link_id: int) -> int:
    outcomes = session.scalars(
        select(Run.outcome)
        .where(Run.link_id == link_id, Run.status == RunStatus.FINISHED.value, Run.mode != RunMode.PREVIEW.value)
        .order_by(Run.id.desc())
        .limit(_REMEMBERED_RUNS)
    ).all()
    ends = (number for number, outcome in enumerate(outcomes) if outcome != Outcome.ABORTED)
    return max(next(ends, len(outcomes)), 1)


def _pause(session: Session, link_id: int, reason: PauseReason, detail: str) -> None:
    try:
        pause(session, ENGINE, link_id, None, reason, detail)
    except TielineError:
        # somebody paused, deactivated or deleted the link meanwhile, which stops its runs as well
        return
