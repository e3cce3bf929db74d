"""Writing the audit log: one entry per administrative change, in the transaction of the change itself."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from host.audit.doer import Doer
from host.audit.models import AuditEntry
from host.errors import StaleVersionError

CHANGED = "changed"
"""What stands in the log in place of a secret."""

_NAME_LENGTH = 254


def record(
    session: Session,
    doer: Doer,
    action: str,
    object_type: str,
    object_id: object = "",
    object_name: str = "",
    changes: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Add an entry.

    Args:
        session: The session of the change, so that both are stored or neither.
        doer: Who did it.
        action: What was done, such as `user.create`.
        object_type: The kind of thing, such as `user`.
        object_id: Its id; turned into text.
        object_name: Its name at this time, so that the entry can be read when the thing is gone.
        changes: {field: {"before": …, "after": …}} as `changes_between` returns it; never with a secret.
    """
    entry = AuditEntry(
        at=datetime.now(UTC),
        user_id=doer.user_id,
        actor_name=doer.name[:_NAME_LENGTH],
        channel=doer.channel,
        address=doer.address[:64],
        request_id=doer.request_id[:64],
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        object_name=object_name[:_NAME_LENGTH],
        changes={field: _plain(change) for field, change in (changes or {}).items()},
    )
    session.add(entry)
    return entry


def stale_version(session: Session, object_type: str, object_id: object) -> StaleVersionError:
    """Return the error for a change that was meant for an older version, with who made the newer one."""
    query = select(AuditEntry.actor_name, AuditEntry.at).where(
        AuditEntry.object_type == object_type, AuditEntry.object_id == str(object_id)
    )
    last = session.execute(query.order_by(AuditEntry.id.desc()).limit(1)).first()
    return StaleVersionError(*last) if last else StaleVersionError()


def changes_between(
    before: Mapping[str, Any], after: Mapping[str, Any], secret: Collection[str] = ()
) -> dict[str, dict[str, Any]]:
    """Return what differs, in the form of the log.

    Args:
        before: The values by field; empty for something new.
        after: The values by field; empty for something deleted.
        secret: Fields of which only the fact of a change is told. Both sides must still hold something to compare,
            the text or its digest.
    """
    changes: dict[str, dict[str, Any]] = {}
    for field in [*after, *(name for name in before if name not in after)]:
        old, new = before.get(field), after.get(field)
        if old == new:
            continue
        hidden = field in secret
        changes[field] = {
            "before": _masked(old) if hidden else _plain(old),
            "after": _masked(new) if hidden else _plain(new),
        }
    return changes


def _masked(value: Any) -> str | None:
    # an empty secret before or after says that one was set or cleared; that much is no secret
    return None if value in (None, "", b"") else CHANGED


def _plain(value: Any) -> Any:
    """Return `value` as JSON can hold it, without losing digits of a decimal."""
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((_plain(item) for item in value), key=str)
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> bool | int | float | str | None:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)
