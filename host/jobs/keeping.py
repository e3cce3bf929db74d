"""Keeping a lease alive while its holder works."""

import logging
import threading
import time
from types import TracebackType
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from host.database import Database
from host.jobs import leases
from host.jobs.leases import HeldLease

log = logging.getLogger(__name__)

LEASE_SECONDS = 30.0


class LeaseKeeper:
    """Renews a lease from a thread of its own between the start and the end of its `with` block, then gives it back.

    Attributes:
        lease: What is held; its `fence` goes into whatever is written under it.
    """

    def __init__(self, database: Database, lease: HeldLease, *, seconds: float = LEASE_SECONDS) -> None:
        self.lease = lease
        self._database = database
        self._seconds = seconds
        self._renewed_at = time.monotonic()
        self._lost = threading.Event()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lease-{lease.name}", daemon=True)

    @property
    def is_lost(self) -> bool:
        """Whether somebody else may hold the lease by now; what is still to be written must not be."""
        return self._lost.is_set() or time.monotonic() - self._renewed_at > self._seconds

    def cover(self, call_seconds: float) -> bool:
        """Make sure of the lease for a call that changes something elsewhere and takes up to `call_seconds`.

        Returns:
            Whether the call may be made; False when the lease has been lost.
        """
        return self._renew(call_seconds)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        with self._database.writing() as session:
            leases.release(session, self.lease)

    def _beat(self) -> None:
        while not self._done.wait(self._seconds / 3):
            try:
                if not self._renew(0):
                    return
            except SQLAlchemyError:
                # a database that is away for a moment loses nothing as long as the lease lasts
                log.warning("lease %s could not be renewed", self.lease.name, exc_info=True)

    def _renew(self, call_seconds: float) -> bool:
        begun = time.monotonic()
        with self._database.writing() as session:
            renewed = leases.renew(session, self.lease, self._seconds, call_seconds=call_seconds)
        if renewed is None:
            self._lost.set()
            return False
        self._renewed_at = begun
        return True
