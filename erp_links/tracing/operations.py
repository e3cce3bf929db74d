"""Switching the trace of a link on and off, and what there is of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from erp_links.links.finding import (
    OBJECT_TYPE,
    TRACE_DOWNLOADED,
    TRACE_STARTED,
    TRACE_STOPPED,
    link_to_change,
    visible_link,
)
from erp_links.runtime import LinkRuntime
from erp_links.tracing.bounds import KEPT_FOR, MINUTES
from erp_links.tracing.models import LinkTrace
from host.accounts.principal import Principal
from host.audit.doer import Doer
from host.audit.operations import record
from host.errors import ConflictError, InvalidInputError, NotFoundError
from host.jobs.clock import read_clock


class TraceState(StrEnum):
    """Where the trace of a link stands; there is none until somebody starts one, and when it is no longer kept."""

    NONE = "none"
    ON = "on"
    STOPPED = "stopped"
    EXPIRED = "expired"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class TraceView:
    """The trace of a link as it stands now.

    Attributes:
        until: When it ends, or was to end.
        ended_at: When it ended; None while it is on.
        calls: How many calls were written.
        size: Bytes of them.
        lost: How many calls could not be written.
    """

    state: TraceState
    started_at: datetime | None = None
    until: datetime | None = None
    ended_at: datetime | None = None
    calls: int = 0
    size: int = 0
    lost: int = 0

    @property
    def is_on(self) -> bool:
        """Whether calls are being written."""
        return self.state is TraceState.ON


def trace_of(session: Session, link_id: int) -> LinkTrace | None:
    """Return the row of a link's trace, if there is one."""
    return session.scalar(select(LinkTrace).where(LinkTrace.link_id == link_id))


def trace_view(session: Session, link_id: int) -> TraceView:
    """Return how the trace of a link stands."""
    trace = trace_of(session, link_id)
    if trace is None:
        return TraceView(TraceState.NONE)
    if trace.is_full:
        state = TraceState.FULL
    elif trace.ended_at is not None:
        state = TraceState.STOPPED
    else:
        state = TraceState.ON if trace.until > read_clock(session) else TraceState.EXPIRED
    ended_at = trace.until if state is TraceState.EXPIRED else trace.ended_at
    return TraceView(state, trace.started_at, trace.until, ended_at, trace.calls, trace.size, trace.lost)


def start_trace(runtime: LinkRuntime, doer: Doer, link_id: int, minutes: int) -> None:
    """Switch the trace of a link on; what an earlier one holds goes.

    Other processes know of it within `tracer.LOOK_SECONDS`.

    Raises:
        NotFoundError: There is no such link.
        InvalidInputError: A trace is not offered for so many minutes.
    """
    if minutes not in MINUTES:
        offered = ", ".join(map(str, MINUTES))
        raise InvalidInputError({"minutes": [_("is none of the times that are offered: %(offered)s", offered=offered)]})
    with runtime.database.writing() as session:
        link = link_to_change(session, link_id, None)
        session.execute(delete(LinkTrace).where(LinkTrace.link_id == link_id))
        now = read_clock(session)
        until = now + timedelta(minutes=minutes)
        session.add(LinkTrace(link_id=link_id, started_at=now, until=until, kept_until=until + KEPT_FOR))
        change = {"minutes": {"before": None, "after": minutes}}
        record(session, doer, TRACE_STARTED, OBJECT_TYPE, link.id, link.name, change)
    runtime.tracer.look()


def stop_trace(runtime: LinkRuntime, doer: Doer, link_id: int) -> None:
    """Switch the trace of a link off; what it holds stays for a while.

    Raises:
        NotFoundError: There is no such link.
        ConflictError: It is not on.
    """
    with runtime.database.writing() as session:
        link = link_to_change(session, link_id, None)
        if not trace_view(session, link_id).is_on:
            raise ConflictError(_("the trace is not on"), _("download what it holds, or start it anew"))
        trace = session.scalars(select(LinkTrace).where(LinkTrace.link_id == link_id).with_for_update()).one()
        trace.end(read_clock(session))
        record(session, doer, TRACE_STOPPED, OBJECT_TYPE, link.id, link.name)
    # what this process has seen before is in the trace when the answer is there
    runtime.tracer.write()
    runtime.tracer.look()


def note_download(runtime: LinkRuntime, doer: Doer, principal: Principal, link_id: int) -> int:
    """Note that somebody takes the trace away; return its id.

    Raises:
        NotFoundError: There is no such link, the principal may not see its ERP's values, or it has no trace.
    """
    runtime.tracer.write()
    with runtime.database.writing() as session:
        link = visible_link(session, principal, link_id)
        trace = trace_of(session, link_id)
        if trace is None:
            raise NotFoundError(_("this ERP link has no trace"), _("start one on its page"))
        change = {"calls": {"before": None, "after": trace.calls}}
        record(session, doer, TRACE_DOWNLOADED, OBJECT_TYPE, link.id, link.name, change)
        return trace.id
