"""Failed records of the way to the ERP: known, kept, done with, and put on the outbox again when they are due."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, and_, bindparam, delete, exists, insert, or_, select
from sqlalchemy.orm import Session

from erp_links.mapping.compiled import CompiledMapping
from erp_links.sync.failed_rows import first_time, once_more
from erp_links.sync.failures import Direction, FailureState, KnownFailure
from erp_links.sync.models import FailedRecord, Pairing, PairingState
from erp_links.sync.push.cases import Case
from erp_links.sync.reasons import FailureReason
from host.crm.tables import table_of
from host.database import update_rows
from host.jobs.clock import clock_of

_FAILED = cast(Table, FailedRecord.__table__)


def known_push_failures(
    session: Session, link_id: int, actor_types: Collection[str], entity_type: str, entity_ids: Collection[int]
) -> dict[tuple[str, int], KnownFailure]:
    """Return which of these records have a failed record of the push, by actor type and record."""
    table = _FAILED.c
    rows = session.connection().execute(
        select(
            table.actor_type, table.entity_id, table.id, table.reason, table.message, table.state, table.attempts
        ).where(
            table.link_id == link_id,
            table.direction == Direction.PUSH.value,
            table.actor_type.in_(actor_types),
            table.entity_type == entity_type,
            table.entity_id.in_(bindparam("ids", expanding=True)),
        ),
        {"ids": list(entity_ids)},
    )
    return {(row[0], row[1]): KnownFailure(*row[2:]) for row in rows}


def keep_failures(session: Session, named: Mapping[str, Any], cases: Sequence[Case], at: datetime) -> None:
    """Keep the cases that failed, and forget the failed records of those that did not.

    Args:
        session: A session that writes.
        named: Link, run, actor type and entity type of all of them.
        cases: What was decided.
        at: When.
    """
    done = [case.known.id for case in cases if case.known and not case.failure and not case.stays]
    if done:
        session.connection().execute(delete(_FAILED).where(_FAILED.c.id.in_(done)))
    fresh, again = [], []
    for case in cases:
        if case.failure is None:
            continue
        if case.known is None:
            fresh.append({**named, **first_time(case.failure, Direction.PUSH, at)})
        else:
            again.append(
                {
                    "run_id": named["run_id"],
                    "erp_key": case.failure.erp_key,
                    **once_more(case.failure, case.known, at),
                }
            )
    if fresh:
        session.connection().execute(insert(_FAILED), fresh)
    update_rows(session, _FAILED, again)


def due_condition(session: Session, link_id: int, mapping: CompiledMapping) -> ColumnElement[bool]:
    """Return the condition on the hub's records of a type that are to be tried again.

    These are failed records whose time has come, and those that waited for a parent which is paired by now.
    """
    hub = table_of(mapping.entity.key)
    due: ColumnElement[bool] = FailedRecord.retry_at <= clock_of(session)
    if mapping.parent_field:
        parent_field = mapping.entity.by_key[mapping.parent_field]
        released = exists().where(
            Pairing.link_id == link_id,
            Pairing.entity_type == parent_field.references,
            Pairing.entity_id == hub.c[parent_field.column],
            Pairing.actor_type.in_(mapping.actor_type.parents),
            Pairing.state == PairingState.PAIRED.value,
        )
        due = or_(due, and_(FailedRecord.reason == FailureReason.WAITING_FOR_PARENT.value, released))
    return exists().where(*_open_push(link_id, mapping.actor_type.name), FailedRecord.entity_id == hub.c.id, due)


def any_due(session: Session, link_id: int, actor_types: Collection[str]) -> bool:
    """Whether a failed record may have to be tried again; asked before anything is read for it."""
    waiting = FailedRecord.reason == FailureReason.WAITING_FOR_PARENT.value
    found = session.scalar(
        select(FailedRecord.id)
        .where(
            FailedRecord.link_id == link_id,
            FailedRecord.direction == Direction.PUSH.value,
            FailedRecord.actor_type.in_(actor_types),
            FailedRecord.state == FailureState.OPEN.value,
            or_(FailedRecord.retry_at <= clock_of(session), waiting),
        )
        .limit(1)
    )
    return found is not None


def forget_deleted(session: Session, link_id: int, mapping: CompiledMapping) -> None:
    """Forget the failed records whose record of the hub was deleted."""
    hub = table_of(mapping.entity.key)
    session.execute(
        delete(FailedRecord)
        .where(
            FailedRecord.link_id == link_id,
            FailedRecord.direction == Direction.PUSH.value,
            FailedRecord.actor_type == mapping.actor_type.name,
            ~exists().where(hub.c.id == FailedRecord.entity_id),
        )
        .execution_options(synchronize_session=False)
    )


def _open_push(link_id: int, actor_type: str) -> tuple[ColumnElement[bool], ...]:
    return (
        FailedRecord.link_id == link_id,
        FailedRecord.direction == Direction.PUSH.value,
        FailedRecord.actor_type == actor_type,
        FailedRecord.state == FailureState.OPEN.value,
    )
