"""Searching the audit log."""

from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from host.audit.models import AuditEntry
from host.paging import DEFAULT_LIMIT, Page, keyset_page


def search(
    session: Session,
    *,
    text: str = "",
    user_id: int | None = None,
    action: str = "",
    object_type: str = "",
    object_id: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = DEFAULT_LIMIT,
    after: str = "",
) -> Page[AuditEntry]:
    """Return entries, newest first.

    Args:
        session: The session.
        text: Stands in the name of the doer or the object, or in the action, in whatever case.
        user_id: Who did it.
        action: What was done, exactly.
        object_type: To what kind of thing.
        object_id: To which of them.
        since: From this moment on.
        until: Before this moment.
        limit: Most entries.
        after: The cursor of the page before.

    Raises:
        InvalidInputError: The cursor is none of this list.
    """
    query: Select[AuditEntry] = select(AuditEntry)
    for column, wanted in (
        (AuditEntry.user_id, user_id),
        (AuditEntry.action, action),
        (AuditEntry.object_type, object_type),
        (AuditEntry.object_id, object_id),
    ):
        if wanted:
            query = query.where(column == wanted)
    if since is not None:
        query = query.where(AuditEntry.at >= since)
    if until is not None:
        query = query.where(AuditEntry.at < until)
    if text:
        named = (AuditEntry.actor_name, AuditEntry.object_name, AuditEntry.action)
        query = query.where(or_(*(column.icontains(text, autoescape=True) for column in named)))
    return keyset_page(session, query, [AuditEntry.at, AuditEntry.id], limit=limit, after=after, descending=True)


def actions(session: Session) -> list[str]:
    """Return the actions that occur, for a choice."""
    return list(session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action)))
