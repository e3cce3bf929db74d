"""Whether a run may still write: asked in each of its transactions, before anything else."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, bindparam, func, null, select, true
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink, LinkState
from erp_links.sync.models import Run
from host.database import is_on_postgresql
from host.jobs import leases
from host.jobs.leases import HeldLease
from host.jobs.models import Lease

_LOST = "the lease was lost to another worker"
_LEASE, _RUN, _LINK = Lease.__table__, Run.__table__, ErpLink.__table__


@cache
def _wanted(is_postgresql: bool, waits_for_disk: bool) -> Select[Any]:
    """Return the statement that each transaction of a run begins with: one, whatever it has to know."""
    return leases.where_held(
        select(_RUN.c.id, _RUN.c.cancelled_at, _LINK.c.state, _LINK.c.paused_reason, _clock(is_postgresql))
        .add_columns(*_commit_settings(is_postgresql, waits_for_disk))
        .select_from(_LEASE)
        .join(_RUN, _RUN.c.id == bindparam("run"), isouter=True)
        .join(_LINK, _LINK.c.id == _RUN.c.link_id, isouter=True)
    )


@cache
def _held(is_postgresql: bool) -> Select[Any]:
    clock = _clock(is_postgresql)
    return leases.where_held(select(clock).add_columns(*_commit_settings(is_postgresql, waits_for_disk=False)))


def _clock(is_postgresql: bool) -> ColumnElement[Any]:
    return (func.clock_timestamp() if is_postgresql else null()).label("at")


def _commit_settings(is_postgresql: bool, waits_for_disk: bool) -> list[ColumnElement[Any]]:
    """Return what keeps the commit of the transaction from waiting for the disk.

    PostgreSQL writes its log in order: a crash takes the last transactions of the run and leaves those before them
    whole, as if the worker had died there, and the next run does the same again.
    """
    if not is_postgresql or waits_for_disk:
        return []
    return [func.set_config("synchronous_commit", "off", true())]


class RunEndedError(Exception):
    """The run may not go on; what it wrote stays.

    Attributes:
        text: Why, in words.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class CancelledError(RunEndedError):
    """Somebody cancelled the run, or closed its link."""


class ShutDownError(RunEndedError):
    """This worker stops; the run goes back to the queue."""


class LeaseLostError(RunEndedError):
    """Somebody else runs this link by now; nothing more may be written."""


@dataclass(frozen=True, slots=True)
class RunPermit:
    """A run, and the lease under which it writes."""

    run_id: int
    link_id: int
    lease: HeldLease

    def assert_held(self, session: Session) -> datetime:
        """Make sure of the lease until the transaction ends, which does not wait for the disk; return the present time.

        Raises:
            LeaseLostError: Somebody else holds it.
        """
        statement = _held(is_on_postgresql(session))
        row = session.connection().execute(statement, leases.parameters_of(self.lease)).one_or_none()
        if row is None:
            raise LeaseLostError(_LOST)
        return _in_utc(row.at)

    def assert_wanted(self, session: Session, *, waits_for_disk: bool = False) -> datetime:
        """Make sure that the run is still wanted, and of the lease; return the present time as `read_clock` does.

        Args:
            session: A session, at the beginning of its transaction.
            waits_for_disk: Whether what is committed has to outlive a crash of the database, because the ERP is about
                to hear of it. Anything else is done again.

        Raises:
            LeaseLostError: Somebody else holds the lease.
            CancelledError: The run was cancelled, or its link deactivated, paused or deleted.
        """
        statement = _wanted(is_on_postgresql(session), waits_for_disk)
        asked = {**leases.parameters_of(self.lease), "run": self.run_id}
        row = session.connection().execute(statement, asked).one_or_none()
        if row is None:
            raise LeaseLostError(_LOST)
        if row.id is None or row.state == LinkState.DELETED:
            raise CancelledError(_("the ERP link was deleted during the run"))
        if row.cancelled_at is not None:
            raise CancelledError(_("cancelled"))
        if row.state != LinkState.ACTIVE:
            raise CancelledError(_("the ERP link was deactivated during the run"))
        if row.paused_reason:
            raise CancelledError(_("the ERP link was paused during the run"))
        return _in_utc(row.at)


def _in_utc(told: datetime | None) -> datetime:
    return datetime.now(UTC) if told is None else told.astimezone(UTC)
