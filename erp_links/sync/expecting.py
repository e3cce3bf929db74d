"""Whether people know that a run is going to change much, so that the brake has nothing to tell them."""

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from erp_links.mapping.full_read import FullReadReason
from erp_links.mapping.models import LinkActorType
from erp_links.mapping.settings_digest import settings_digest
from erp_links.sync.failures import Direction
from erp_links.sync.models import Pass


def is_expected(session: Session, row: LinkActorType, mark: str | None) -> bool:
    """Whether a full read or push is, for which `mark` says why it is due.

    It is when an administrator started it, or has seen a preview of it under the mapping as it is now.
    """
    return mark is not None and (mark == FullReadReason.REQUESTED or present_preview(session, row) is not None)


def present_preview(session: Session, row: LinkActorType) -> int | None:
    """Return the newest run that previewed an actor type to its end under the mapping as it is now, or None."""
    return session.scalar(
        select(func.max(Pass.run_id)).where(
            Pass.link_id == row.link_id,
            Pass.actor_type == row.name,
            Pass.direction == Direction.PREVIEW.value,
            Pass.finished_at.is_not(None),
            Pass.mapping == settings_digest(session, row),
        )
    )


def expects_writes(session: Session, run_id: int, link_id: int) -> bool:
    """Whether a run is expected to change much in the ERP: by what is due, under way, or done by the run already."""
    begun = session.scalar(
        select(Pass.id)
        .where(Pass.link_id == link_id, Pass.expected, or_(Pass.finished_at.is_(None), Pass.run_id == run_id))
        .limit(1)
    )
    if begun is not None:
        return True
    due = LinkActorType.full_read_due.is_not(None) | LinkActorType.full_push_due.is_not(None)
    rows = session.scalars(select(LinkActorType).where(LinkActorType.link_id == link_id, LinkActorType.active, due))
    return any(is_expected(session, row, mark) for row in rows for mark in (row.full_read_due, row.full_push_due))
