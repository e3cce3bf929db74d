"""Asking for a run, and asking one to end."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink, LinkState
from erp_links.links.standing import standing_of
from erp_links.mapping.models import LinkActorType, LinkField
from erp_links.runtime import LinkRuntime
from erp_links.sync.models import Pairing, PairingState, Run, RunMode, RunStatus
from host.audit.doer import Doer
from host.audit.operations import record
from host.errors import ConflictError, InvalidInputError, NotFoundError
from host.jobs.clock import read_clock


class Cause(StrEnum):
    """What asked for a run."""

    PERSON = "person"
    SCHEDULE = "schedule"
    API = "api"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run is to do: an ordinary sync unless a resync (spec 2.15) or a preview is named.

    Attributes:
        mode: A resync lets one side win in every mapped field that can be written on the other.
        keep_blanks: A resync writes no blank over a value.
        scope: Ids of the pairings that a resync is about; None means all of the link.
        actor_type: What a preview is about.
    """

    mode: RunMode = RunMode.SYNC
    keep_blanks: bool = False
    scope: tuple[int, ...] | None = None
    actor_type: str = ""

    @property
    def is_resync(self) -> bool:
        """Whether one side wins everywhere."""
        return self.mode in (RunMode.RESYNC_FROM_CRM, RunMode.RESYNC_FROM_ERP)


ORDINARY = Wanted()
MOST_IN_SCOPE = 10_000
"""Pairings that a resync of chosen records may name; with more it is one of all."""


def request_run(
    session: Session,
    link_id: int,
    cause: Cause,
    doer: Doer,
    wanted: Wanted = ORDINARY,
    *,
    runtime: LinkRuntime | None = None,
) -> Run:
    """Queue a run of a link; a worker takes it within its poll interval.

    Args:
        session: A session that writes.
        link_id: The link.
        cause: What asks for the run.
        doer: Who asks for it.
        wanted: What the run is to do.
        runtime: Tells whether the link rests for a reason that is not stored, such as a missing plugin; left out by
            who has looked already.

    Raises:
        NotFoundError: The link is not there any more.
        InvalidInputError: Only a resync has a scope and keeps blanks; or the scope names what is not paired. Only a
            preview has an actor type, one that is switched on and of which a field fills the hub.
        ConflictError: The link is not active, or rests, or a run of it has not ended.
    """
    link = session.get(ErpLink, link_id)
    if link is None or link.state == LinkState.DELETED:
        raise NotFoundError(_("this ERP link does not exist"))
    if link.state != LinkState.ACTIVE:
        raise ConflictError(_("“%(link)s” is not active", link=link.name), _("activate it first"))
    if link.paused_reason:
        raise ConflictError(_("“%(link)s” is paused", link=link.name), _("resume it first"))
    if runtime is not None and not (standing := standing_of(session, runtime, link)).runs:
        raise ConflictError(_("“%(link)s” is paused", link=link.name), standing.detail)
    _refuse_odd_wish(session, link_id, wanted)
    unfinished = unfinished_run(session, link_id)
    if unfinished is not None:
        raise _already_running(unfinished)
    run = Run(
        link_id=link_id,
        cause=cause.value,
        mode=wanted.mode.value,
        keep_blanks=wanted.keep_blanks,
        scope=None if wanted.scope is None else sorted(set(wanted.scope)),
        actor_type=wanted.actor_type or None,
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
        record(session, doer, "run.request", "erp_link", link.id, link.name, _asked_for(wanted))
    return run


def count_resynced(session: Session, link_id: int, scope: Collection[int] | None = None) -> int:
    """Return how many records a resync would go over."""
    query = select(func.count()).select_from(Pairing)
    query = query.where(Pairing.link_id == link_id, Pairing.state == PairingState.PAIRED.value)
    if scope is not None:
        query = query.where(Pairing.id.in_(scope))
    return session.scalar(query) or 0


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


def _refuse_odd_wish(session: Session, link_id: int, wanted: Wanted) -> None:
    _refuse_odd_type(session, link_id, wanted)
    if not wanted.is_resync:
        if wanted.keep_blanks or wanted.scope is not None:
            raise InvalidInputError({"mode": [_("only a resync keeps blanks or is about chosen records")]})
        return
    if wanted.scope is None:
        return
    chosen = set(wanted.scope)
    if not chosen:
        raise InvalidInputError({"pairings": [_("choose at least one record")]})
    if len(chosen) > MOST_IN_SCOPE:
        faults = _("must not be more than %(count)s; resync all records instead", count=MOST_IN_SCOPE)
        raise InvalidInputError({"pairings": [faults]})
    missing = len(chosen) - count_resynced(session, link_id, chosen)
    if missing:
        raise InvalidInputError({"pairings": [_("%(count)s of them are not paired on this ERP link", count=missing)]})


def _refuse_odd_type(session: Session, link_id: int, wanted: Wanted) -> None:
    if wanted.mode is not RunMode.PREVIEW:
        if wanted.actor_type:
            raise InvalidInputError({"actor_type": [_("only a preview is about one actor type")]})
        return
    fills_hub = select(LinkField.id).where(
        LinkField.actor_type_id == LinkActorType.id, LinkField.to_crm, LinkField.crm_field.is_not(None)
    )
    found = session.scalar(
        select(LinkActorType.id).where(
            LinkActorType.link_id == link_id,
            LinkActorType.name == wanted.actor_type,
            LinkActorType.active,
            LinkActorType.missing_since.is_(None),
            fills_hub.exists(),
        )
    )
    if found is None:
        faults = _("must be an actor type that is switched on and fills a field of the CRM")
        raise InvalidInputError({"actor_type": [faults]})


def _asked_for(wanted: Wanted) -> dict[str, dict[str, object]]:
    told: dict[str, object]
    if wanted.mode is RunMode.PREVIEW:
        told = {"mode": wanted.mode.value, "actor type": wanted.actor_type}
    elif wanted.is_resync:
        records = "all" if wanted.scope is None else len(set(wanted.scope))
        told = {"mode": wanted.mode.value, "keep blanks": wanted.keep_blanks, "records": records}
    else:
        return {}
    return {name: {"before": None, "after": value} for name, value in told.items()}
