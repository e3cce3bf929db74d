"""Passes that have no watermark: those to the ERP, and resyncs."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.mapping.models import LinkActorType
from erp_links.sync.expecting import is_expected
from erp_links.sync.failures import Direction
from erp_links.sync.models import Pass
from erp_links.sync.passes import OpenPass, opened, unfinished_pass


def open_push_pass(
    session: Session, run_id: int, row: LinkActorType, total: int, mark: str | None, at: datetime
) -> OpenPass:
    """Go on with the pass to the ERP that an earlier run left open, or begin one.

    How far it has come is not kept: what is left lies on the outbox. `mark` says why a full push is due, if one is.
    """
    is_known = is_expected(session, row, mark)
    found = unfinished_pass(session, row, Direction.PUSH, at)
    found.full_read = found.full_read or mark is not None
    found.expected = found.expected or is_known
    found.total = total + Counter(found.counts)["erp_read"]
    return opened(session, run_id, row, found)


def is_push_open(session: Session, link_id: int, actor_types: Collection[str]) -> bool:
    """Whether an earlier run has left a pass to the ERP open, which is to be ended even if nothing is left of it."""
    found = session.scalar(
        select(Pass.id)
        .where(
            Pass.link_id == link_id,
            Pass.actor_type.in_(actor_types),
            Pass.direction == Direction.PUSH.value,
            Pass.finished_at.is_(None),
        )
        .limit(1)
    )
    return found is not None


def open_resync_pass(session: Session, run_id: int, row: LinkActorType, total: int, at: datetime) -> OpenPass:
    """Go on with the resync of a type that the same run has begun, or begin one."""
    found = unfinished_pass(session, row, Direction.RESYNC, at)
    if found.counts and found.run_id != run_id:
        # another one, which was given up, had another side win or other records
        found.resume_cursor, found.counts = None, {}
    found.total = total
    return opened(session, run_id, row, found)


def is_resynced(session: Session, run_id: int, actor_type: str) -> bool:
    """Whether a worker of this run that did not come to its end has done this type."""
    finished = session.scalar(
        select(Pass.id).where(
            Pass.run_id == run_id,
            Pass.actor_type == actor_type,
            Pass.direction == Direction.RESYNC.value,
            Pass.finished_at.is_not(None),
        )
    )
    return finished is not None
