"""Leases: the right to do one named thing alone, kept in the database."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, text, update
from sqlalchemy.orm import Session

from host.jobs.clock import read_clock
from host.jobs.models import Lease

_LEASE = Lease.__table__

_IS_HELD = and_(
    _LEASE.c.name == bindparam("lease_name"),
    _LEASE.c.holder == bindparam("lease_holder"),
    _LEASE.c.fence == bindparam("lease_fence"),
)


@dataclass(frozen=True, slots=True)
class HeldLease:
    """A lease as its holder knows it. `fence` is higher than that of every holder before."""

    name: str
    holder: str
    fence: int
    expires_at: datetime


def acquire(session: Session, name: str, holder: str, seconds: float) -> HeldLease | None:
    """Take the lease if it is free, or stale and no call of its last holder can still be under way.

    Returns:
        The lease for `seconds` from now, or None while somebody else has it.
    """
    session.execute(
        text("INSERT INTO lease (name, holder, fence) VALUES (:n, '', 0) ON CONFLICT DO NOTHING"), {"n": name}
    )
    now = read_clock(session)
    expires_at = now + timedelta(seconds=seconds)
    taken = session.execute(
        update(Lease)
        .where(
            Lease.name == name,
            is_free(now),
        )
        .values(holder=holder, fence=Lease.fence + 1, acquired_at=now, expires_at=expires_at, call_until=None)
        .returning(Lease.fence)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    return None if taken is None else HeldLease(name, holder, taken, expires_at)


def is_free(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Return the condition on a row of `Lease` under which it may be taken; a lease without a row is free as well."""
    return and_(
        or_(Lease.holder == "", Lease.expires_at.is_(None), Lease.expires_at < now),
        or_(Lease.call_until.is_(None), Lease.call_until < now),
    )


def renew(session: Session, lease: HeldLease, seconds: float, *, call_seconds: float = 0) -> HeldLease | None:
    """Prolong the lease to `seconds` from now.

    `call_seconds` is the deadline of a call that is about to change something elsewhere: nobody takes the lease over
    before that time, even if this process dies now.

    Returns:
        The lease with its new end, or None when it has been lost to somebody else.
    """
    now = read_clock(session)
    values: dict[str, datetime] = {"expires_at": now + timedelta(seconds=max(seconds, call_seconds))}
    if call_seconds:
        values["call_until"] = now + timedelta(seconds=call_seconds)
    kept = session.execute(
        update(Lease)
        .where(*_is(lease))
        .values(**values)
        .returning(Lease.fence)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    return None if kept is None else replace(lease, expires_at=values["expires_at"])


def where_held(statement: Select[Any]) -> Select[Any]:
    """Return a statement, made once, that gives something only while a lease is held, and keeps it so.

    The row stays locked on PostgreSQL until the transaction ends, and SQLite has one writer: whoever takes the lease
    over waits for the end of this transaction and then reads what it wrote. The statement selects from the table of
    leases what else it joins to it; `parameters_of` names the lease.
    """
    return statement.where(_IS_HELD).with_for_update(of=_LEASE)


def parameters_of(lease: HeldLease) -> dict[str, Any]:
    """Return the parameters of such a statement."""
    return {"lease_name": lease.name, "lease_holder": lease.holder, "lease_fence": lease.fence}


def release(session: Session, lease: HeldLease) -> None:
    """Give the lease back; nothing happens when it has been lost already."""
    session.execute(
        update(Lease)
        .where(*_is(lease))
        .values(holder="", expires_at=None, call_until=None)
        .execution_options(synchronize_session=False)
    )


def _is(lease: HeldLease) -> tuple[ColumnElement[bool], ...]:
    return (Lease.name == lease.name, Lease.holder == lease.holder, Lease.fence == lease.fence)
