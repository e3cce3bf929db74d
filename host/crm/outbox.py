"""The outbox: for each subscriber one entry per record that changed since the subscriber last took note of it.

A writer of records writes the entries in its own transaction, so that a change and its entry appear together or not
at all. Entries are found by subscriber and entity, never by a clock or a number that only rises: with writers side by
side either passes over those that commit late. `settle` deletes an entry only as far as it was read, so that a change
which came meanwhile stays.

    for entry in read_entries(session, "link:3", "company", after=0, limit=50): ...
    settle(session, "link:3", "company", {entry.entity_id: entry.version for entry in ...})

Whoever subscribes and then wants all that is there calls `enqueue_where`. A writer that found no subscription, because
it was not committed yet, may itself commit only after that look at the records; its records would be told to nobody.
So writers look for subscriptions after they have written, and `enqueue_where` first waits for all who have.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import ColumnElement, Delete, Select, Table, bindparam, delete, func, select
from sqlalchemy.orm import Session

from host.crm.models import OutboxEntry, Subscription
from host.crm.outbox_writing import queue_rows, queue_where, wait_for_writers
from host.crm.subscriptions import subscribe, subscriptions_of, unsubscribe
from host.crm.tables import table_of
from host.crm.values import CrmValue
from host.database import among_parameter, is_on_postgresql, one_parameter

__all__ = [
    "Entry",
    "enqueue",
    "enqueue_where",
    "forget_records",
    "note_changed",
    "note_created",
    "read_entries",
    "settle",
    "subscribe",
    "unsubscribe",
    "waiting",
]

_IDS_PER_STATEMENT = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A record that a subscriber has to look at.

    Attributes:
        version: The record's version at its last change that counts.
        fields: Keys of the fields that changed; empty means the whole record.
        queued_at: When the first of the changes was made.
    """

    entity_id: int
    version: int
    fields: frozenset[str]
    queued_at: datetime


def note_created(
    session: Session,
    entity_type: str,
    ids: Sequence[int],
    values: Mapping[str, Sequence[CrmValue]],
    origin: str,
    at: datetime,
) -> None:
    """Queue records that were just made, in the transaction that made them; `values` are those of all by field key."""
    wanting = subscriptions_of(session, entity_type, origin)
    if wanting:
        filled = [
            [key for key, column in values.items() if column[place] not in (None, {})] for place in range(len(ids))
        ]
        _note(session, entity_type, wanting, [(ids[i], 1, keys) for i, keys in enumerate(filled)], at)


def note_changed(
    session: Session,
    entity_type: str,
    changes: Sequence[tuple[int, int, Collection[str]]],
    origin: str,
    at: datetime,
) -> None:
    """Queue records that were just changed, in the transaction that changed them.

    Args:
        session: A session that writes.
        entity_type: Key of the entity.
        changes: Per record its id, its version after the change, and the keys of the fields that changed.
        origin: Who changed them; is not told.
        at: When.
    """
    wanting = subscriptions_of(session, entity_type, origin)
    if wanting:
        _note(session, entity_type, wanting, changes, at)


def enqueue(session: Session, subscriber: str, entity_type: str, ids: Collection[int], at: datetime) -> None:
    """Put these records on the outbox of one subscriber as a whole; those that do not exist are passed over."""
    identity = table_of(entity_type).c.id
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), _IDS_PER_STATEMENT):
        chunk = ordered[start : start + _IDS_PER_STATEMENT]
        queue_where(session, subscriber, entity_type, identity.in_(chunk), at)


def enqueue_where(
    session: Session, subscriber: str, entity_type: str, condition: ColumnElement[bool], at: datetime
) -> None:
    """Put the records that meet a condition on the outbox of one subscriber, as a whole, with one statement.

    Waits for the writers that may not have seen the subscription yet, so call it before the transaction locks what
    they need.

    Args:
        session: A session that writes.
        subscriber: Whose outbox.
        entity_type: Key of the entity.
        condition: On the columns of `table_of(entity_type)`; `sqlalchemy.true()` means all records.
        at: When.
    """
    wait_for_writers(session, entity_type)
    queue_where(session, subscriber, entity_type, condition, at)


def read_entries(session: Session, subscriber: str, entity_type: str, after: int, limit: int) -> list[Entry]:
    """Return the next entries in the order of entity ids: those whose id is greater than `after`.

    A record may be gone by now; whoever reads its entry settles it.
    """
    asked = {"subscriber": subscriber, "entity_type": entity_type, "after": after, "most": limit}
    return [
        Entry(entity_id, version, frozenset(fields), queued_at)
        for entity_id, version, fields, queued_at in session.connection().execute(_NEXT, asked)
    ]


def settle(session: Session, subscriber: str, entity_type: str, read: Mapping[int, int]) -> None:
    """Delete entries that were dealt with, unless their record changed after the version that was read.

    Args:
        session: A session that writes.
        subscriber: Whose outbox.
        entity_type: Key of the entity.
        read: The version that was read, by entity id.
    """
    if not read:
        return
    is_postgresql = is_on_postgresql(session)
    connection = session.connection()
    asked = {"subscriber": subscriber, "entity_type": entity_type}
    present = connection.execute(_locked(is_postgresql), asked | {"ids": one_parameter(read)})
    done = [entity_id for entity_id, version in present if version <= read[entity_id]]
    connection.execute(_deletion(is_postgresql), asked | {"ids": one_parameter(done)})


def waiting(session: Session, subscriber: str) -> dict[str, int]:
    """Return how many entries wait for a subscriber, by entity; entities without any are left out."""
    statement = (
        select(OutboxEntry.entity_type, func.count())
        .where(OutboxEntry.subscriber == subscriber)
        .group_by(OutboxEntry.entity_type)
        .order_by(OutboxEntry.entity_type)
    )
    return {row[0]: row[1] for row in session.connection().execute(statement)}


def forget_records(session: Session, entity_type: str, ids: Collection[int]) -> None:
    """Delete all entries of records that are deleted in the same transaction."""
    # through the subscribers, by whom the table is ordered; an entry of nobody is settled by whoever reads it
    subscribers = select(Subscription.subscriber).where(Subscription.entity_type == entity_type)
    session.connection().execute(
        delete(OutboxEntry).where(
            OutboxEntry.subscriber.in_(subscribers),
            OutboxEntry.entity_type == entity_type,
            OutboxEntry.entity_id.in_(ids),
        )
    )


# each batch on its way to a subscriber asks these, so they are made once

_TABLE = cast(Table, OutboxEntry.__table__)
_OF = (_TABLE.c.subscriber == bindparam("subscriber"), _TABLE.c.entity_type == bindparam("entity_type"))
_NEXT = (
    select(_TABLE.c.entity_id, _TABLE.c.version, _TABLE.c.fields, _TABLE.c.queued_at)
    .where(*_OF, _TABLE.c.entity_id > bindparam("after"))
    .order_by(_TABLE.c.entity_id)
    .limit(bindparam("most"))
)


@cache
def _locked(is_postgresql: bool) -> Select[Any]:
    """Return the statement that locks entries in id order, as writers do."""
    condition = among_parameter(_TABLE.c.entity_id, "ids", is_postgresql=is_postgresql)
    entries = select(_TABLE.c.entity_id, _TABLE.c.version).where(*_OF, condition)
    return entries.order_by(_TABLE.c.entity_id).with_for_update()


@cache
def _deletion(is_postgresql: bool) -> Delete:
    return delete(_TABLE).where(*_OF, among_parameter(_TABLE.c.entity_id, "ids", is_postgresql=is_postgresql))


def _note(
    session: Session,
    entity_type: str,
    wanting: Sequence[tuple[str, frozenset[str] | None]],
    changes: Sequence[tuple[int, int, Collection[str]]],
    at: datetime,
) -> None:
    rows = []
    ordered = sorted(changes, key=itemgetter(0))
    for subscriber, wanted in wanting:
        for entity_id, version, keys in ordered:
            counting = keys if wanted is None else wanted.intersection(keys)
            if counting:
                rows.append((subscriber, entity_id, version, dict.fromkeys(counting, True)))
    if rows:
        queue_rows(session, entity_type, rows, at)
