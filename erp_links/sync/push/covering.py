"""Making sure of the lease before each call that changes something in the ERP."""

import threading
import time

from erp_links.sync.permit import LeaseLostError
from host.jobs.keeping import LeaseKeeper

_LONGEST_AHEAD = 10.0
"""The lease is kept for so many seconds more than one call, and calls within that time need not ask the database."""


class Covering:
    """Keeps the lease of a run longer than a call may take. Usable from several threads."""

    def __init__(self, keeper: LeaseKeeper, call_seconds: float) -> None:
        """Take who keeps the lease, and the deadline of one call."""
        self._keeper = keeper
        self._call_seconds = call_seconds
        # whoever takes over waits for the end of all this, so it is not much beside the call itself
        self._ahead = min(_LONGEST_AHEAD, call_seconds)
        self._begun_until = 0.0
        self._lock = threading.Lock()

    def ensure(self) -> None:
        """Return when a call that begins now ends before anybody else can have the lease.

        Raises:
            LeaseLostError: Somebody else may have it already; the call must not be made.
        """
        with self._lock:
            now = time.monotonic()
            if now < self._begun_until and not self._keeper.is_lost:
                return
            if not self._keeper.cover(self._call_seconds + self._ahead):
                raise LeaseLostError("the lease was lost to another worker")
            self._begun_until = now + self._ahead
