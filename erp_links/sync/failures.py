"""Records that a run could not settle."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, literal, select
from sqlalchemy.orm import Session

from erp_links.sync.models import FailedRecord
from erp_links.sync.reasons import FailureReason
from host.database import is_on_postgresql, one_parameter, select_named

_FIRST_WAIT = timedelta(minutes=5)
_LONGEST_WAIT = timedelta(days=1)


class Direction(StrEnum):
    """Which way a pass or a failed record goes."""

    PULL = "pull"
    PUSH = "push"
    RESYNC = "resync"
    PREVIEW = "preview"


class FailureState(StrEnum):
    """Whether somebody has decided to leave a failed record as it is."""

    OPEN = "open"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one record was not settled, in words for people; `payload` is what the ERP delivered, for display."""

    erp_key: str
    reason: FailureReason
    message: str
    instruction: str = ""
    technical: str = ""
    erp_field: str = ""
    label: str = ""
    entity_id: int | None = None
    parent: tuple[str, str] | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """A failed record that is in the database already."""

    id: int
    reason: str
    message: str
    state: str
    attempts: int


def any_failures(session: Session, link_id: int, actor_types: Collection[str], direction: Direction) -> bool:
    """Whether any record of these types has failed on its way."""
    statement = select(FailedRecord.id).where(
        FailedRecord.link_id == link_id,
        FailedRecord.direction == direction.value,
        FailedRecord.actor_type.in_(actor_types),
    )
    return session.scalar(statement.limit(1)) is not None


def known_failures(session: Session, link_id: int, actor_type: str, keys: Collection[str]) -> dict[str, KnownFailure]:
    """Return which of these ERP keys have a failed record of the pull, by key."""
    rows = session.connection().execute(
        _known_statement(is_on_postgresql(session)),
        {"link": link_id, "type": actor_type, "keys": one_parameter(keys)},
    )
    return {row[0]: KnownFailure(*row[1:]) for row in rows}


@cache
def _known_statement(is_postgresql: bool) -> Select[Any]:
    table = FailedRecord.__table__.c
    return select_named(
        [table.erp_key, table.id, table.reason, table.message, table.state, table.attempts],
        [
            table.link_id == bindparam("link"),
            table.actor_type == bindparam("type"),
            # as a parameter it would keep SQLite from using the index, which is about pulls only
            table.direction == literal(Direction.PULL.value, literal_execute=True),
        ],
        table.erp_key,
        "keys",
        is_postgresql=is_postgresql,
    )


def next_retry(reason: FailureReason, attempts: int, at: datetime) -> datetime | None:
    """Return when a record is tried again by itself: later each time. One that waits is released by its parent."""
    if reason is FailureReason.WAITING_FOR_PARENT:
        return None
    wait: timedelta = _FIRST_WAIT * 2 ** min(attempts - 1, 10)
    return at + min(wait, _LONGEST_WAIT)
