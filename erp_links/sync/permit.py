"""Whether a run may still write: asked in each of its transactions, before anything else."""

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink, LinkState
from erp_links.sync.models import Run
from host.jobs import leases
from host.jobs.leases import HeldLease

_RUN, _LINK = Run.__table__, ErpLink.__table__
_WANTED = (
    select(_RUN.c.cancelled_at, _LINK.c.state, _LINK.c.paused_reason)
    .join_from(_RUN, _LINK, _LINK.c.id == _RUN.c.link_id)
    .where(_RUN.c.id == bindparam("run"))
)


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

    def assert_held(self, session: Session) -> None:
        """Make sure of the lease until the transaction ends.

        Raises:
            LeaseLostError: Somebody else holds it.
        """
        if not leases.still_held(session, self.lease):
            raise LeaseLostError("the lease was lost to another worker")

    def assert_wanted(self, session: Session) -> None:
        """Make sure that the run is still wanted, and of the lease.

        Raises:
            LeaseLostError: Somebody else holds the lease.
            CancelledError: The run was cancelled, or its link deactivated, paused or deleted.
        """
        self.assert_held(session)
        row = session.connection().execute(_WANTED, {"run": self.run_id}).one_or_none()
        if row is None or row.state == LinkState.DELETED:
            raise CancelledError(_("the ERP link was deleted during the run"))
        if row.cancelled_at is not None:
            raise CancelledError(_("cancelled"))
        if row.state != LinkState.ACTIVE:
            raise CancelledError(_("the ERP link was deactivated during the run"))
        if row.paused_reason:
            raise CancelledError(_("the ERP link was paused during the run"))
