"""Who wants to be told of changed records of the hub."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from host.crm.models import OutboxEntry, Subscription
from host.crm.registry import entity_type_of


def subscribe(session: Session, subscriber: str, entity_type: str, fields: Collection[str] | None) -> None:
    """Have every later change of these fields put on the subscriber's outbox, in place of the present subscription.

    What already lies in the hub is not told; `host.crm.outbox.enqueue_where` puts it there.

    Args:
        session: A session that writes.
        subscriber: Who wants to know. Changes whose origin is this name are not told.
        entity_type: Key of the entity.
        fields: Keys of the fields that count; None means all, also those that are added later.

    Raises:
        NotFoundError: there is no such entity.
    """
    entity_type_of(entity_type)
    present = session.scalar(select(Subscription.id).where(*_of(Subscription, subscriber, entity_type)))
    if present is None:
        # what a writer queued while the last subscription was being ended
        session.execute(delete(OutboxEntry).where(*_of(OutboxEntry, subscriber, entity_type)))
    values = {"fields": None if fields is None else sorted(set(fields))}
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(Subscription)
        .values(subscriber=subscriber, entity_type=entity_type, **values)
        .on_conflict_do_update(index_elements=["subscriber", "entity_type"], set_=values)
    )


def unsubscribe(session: Session, subscriber: str, entity_type: str | None = None) -> None:
    """End the subscription to an entity, or all of the subscriber, and delete the entries that wait."""
    for model in (Subscription, OutboxEntry):
        session.execute(delete(model).where(*_of(model, subscriber, entity_type)))


# every write asks this, so it is put together once
_SUBSCRIPTION = Subscription.__table__.c
_WANTING = (
    select(_SUBSCRIPTION.subscriber, _SUBSCRIPTION.fields)
    .where(_SUBSCRIPTION.entity_type == bindparam("entity_type"), _SUBSCRIPTION.subscriber != bindparam("origin"))
    .order_by(_SUBSCRIPTION.subscriber)
)


def subscriptions_of(session: Session, entity_type: str, origin: str) -> list[tuple[str, frozenset[str] | None]]:
    """Return who wants to know of a change that `origin` has made, and of which fields; None means all.

    Ask after the change was written: `host.crm.outbox` says why.
    """
    found = session.connection().execute(_WANTING, {"entity_type": entity_type, "origin": origin})
    return [(subscriber, None if fields is None else frozenset(fields)) for subscriber, fields in found]


def _of(model: type[Subscription | OutboxEntry], subscriber: str, entity_type: str | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [model.subscriber == subscriber]
    if entity_type is not None:
        conditions.append(model.entity_type == entity_type)
    return conditions
