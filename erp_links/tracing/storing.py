"""Writing calls into a trace, many in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from erp_links.tracing.bounds import MOST_BYTES, MOST_CALLS
from erp_links.tracing.models import LinkTrace, TracedCall


@dataclass(frozen=True, slots=True)
class CallLine:
    """A call that is to be written.

    Attributes:
        trace_id: The trace that was on when the call ended.
        ended_at: When that was.
        line: As `lines.line_of` makes it.
        size: Its bytes, with the line break.
    """

    trace_id: int
    started_at: datetime
    ended_at: datetime
    line: str = field(repr=False)
    size: int


def store(session: Session, trace_id: int, calls: Sequence[CallLine], lost: int = 0) -> None:
    """Add calls to a trace as far as it has room; the first that has none ends it.

    A trace that is gone takes none, and one that was ended only those that had ended before.

    Args:
        session: A writing session.
        trace_id: The trace.
        calls: Calls of this trace, the first one first.
        lost: How many calls could not be written before.
    """
    trace = session.scalar(select(LinkTrace).where(LinkTrace.id == trace_id).with_for_update())
    if trace is None or trace.is_full:
        return
    trace.lost += lost
    rows = []
    for call in calls:
        if trace.ended_at is not None and call.ended_at > trace.ended_at:
            continue
        if trace.calls == MOST_CALLS or trace.size + call.size > MOST_BYTES:
            trace.is_full = True
            if trace.ended_at is None:
                trace.end(datetime.now(UTC))
            break
        trace.calls += 1
        trace.size += call.size
        rows.append({"trace_id": trace_id, "started_at": call.started_at, "line": call.line})
    if rows:
        session.execute(insert(TracedCall), rows)
