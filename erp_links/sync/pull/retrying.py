"""Trying failed records again: those that are due, and those whose parent has been paired since."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table, and_, delete, or_, select
from sqlalchemy.orm import Session, aliased

from erp_links.sync.failures import Direction, FailureState, next_retry
from erp_links.sync.models import FailedRecord, Pairing, PairingState
from erp_links.sync.permit import RunPermit
from erp_links.sync.pull.pages import PageTaker
from erp_links.sync.pull.read_pages import PageReader
from erp_links.sync.reasons import FailureReason
from host.database import Database, update_rows
from host.jobs.clock import clock_of
from sync_connectors import ActorType, LinkSession, NoticeLevel

_KEYS_PER_CALL = 200
_FAILED = cast(Table, FailedRecord.__table__)


@dataclass(frozen=True, slots=True)
class _Due:
    id: int
    erp_key: str
    reason: str
    attempts: int


def retry_due(
    database: Database,
    permit: RunPermit,
    link_session: LinkSession,
    reader: PageReader,
    taker: PageTaker,
    actor_type: ActorType,
    fields: Sequence[str],
) -> None:
    """Read the failed records of an actor type that are due again by their keys, and take them over.

    One that the ERP no longer has is forgotten, unless the ERP answered with a warning. Where the ERP reports what was
    deleted, only its report counts: what is merely absent may be back tomorrow, unchanged, and no feed would tell.

    Raises:
        ConnectorError: What the connector raised.
        RunEndedError: The run may not go on.
    """
    batch = min(_KEYS_PER_CALL, actor_type.capabilities.maximum_batch or _KEYS_PER_CALL)
    for due in _batches(database, permit.link_id, actor_type.name, batch):
        answer = link_session.get(actor_type.name, [each.erp_key for each in due], fields)
        if answer.actors:
            taker.take(reader.records(answer.actors))
        found = {actor.key for actor in answer.actors}
        absent = [each for each in due if each.erp_key not in found]
        warned = any(notice.level is NoticeLevel.WARNING for notice in answer.notices)
        if absent and not warned:
            with database.writing() as session:
                at = permit.assert_wanted(session)
                _note_absent(session, absent, at, deletions=actor_type.capabilities.deletions)


def _note_absent(session: Session, absent: Sequence[_Due], at: datetime, *, deletions: bool) -> None:
    # what a person asked for now is not there now; its deletion may have been reported long ago
    kept = [each for each in absent if deletions and each.reason != FailureReason.ASKED]
    if kept:
        _try_later(session, kept, at)
    forgotten = [each.id for each in absent if each not in kept]
    if forgotten:
        session.execute(delete(FailedRecord).where(FailedRecord.id.in_(forgotten)))


def _try_later(session: Session, absent: Sequence[_Due], at: datetime) -> None:
    update_rows(
        session,
        _FAILED,
        [
            {
                "id": each.id,
                "attempts": each.attempts + 1,
                "retry_at": next_retry(FailureReason(each.reason), each.attempts + 1, at),
            }
            for each in absent
        ],
    )


def _batches(database: Database, link_id: int, actor_type: str, size: int) -> Iterator[list[_Due]]:
    after = 0
    while True:
        with database.reading() as session:
            due = _due_after(session, link_id, actor_type, after, size)
        if not due:
            return
        yield due
        after = due[-1].id


def _due_after(session: Session, link_id: int, actor_type: str, after: int, size: int) -> list[_Due]:
    parent = aliased(Pairing)
    rows = session.execute(
        select(FailedRecord.id, FailedRecord.erp_key, FailedRecord.reason, FailedRecord.attempts)
        .outerjoin(
            parent,
            and_(
                parent.link_id == FailedRecord.link_id,
                parent.actor_type == FailedRecord.parent_type,
                parent.erp_key == FailedRecord.parent_key,
                parent.state != PairingState.TOMBSTONE.value,
            ),
        )
        .where(
            FailedRecord.link_id == link_id,
            FailedRecord.actor_type == actor_type,
            FailedRecord.direction == Direction.PULL.value,
            FailedRecord.state == FailureState.OPEN.value,
            FailedRecord.id > after,
            or_(
                FailedRecord.retry_at <= clock_of(session),
                and_(FailedRecord.reason == FailureReason.WAITING_FOR_PARENT.value, parent.id.is_not(None)),
            ),
        )
        .order_by(FailedRecord.id)
        .limit(size)
    )
    return [_Due(*row) for row in rows]
