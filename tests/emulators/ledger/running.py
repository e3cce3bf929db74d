"""Ledger: an ERP with a life of its own, on a thread beside the test or as a process.

with Ledger() as ledger:
    ledger.books.put("Customer", "C1", {"NAME": "Alfa"})      # a user of the ERP writes
    ledger.faults.on("lost", calls=["create"], times=1)       # see `faults` for all that can go wrong
    ledger.desk.rules["Customer", "NAME"] = ["upper"]         # what the ERP makes of values
    ledger.books.clock.move(-3600)
    ledger.close_door()                                       # connections are refused until open_door()
    ledger.desk.counts()["create"]
"""

from threading import Thread
from types import TracebackType
from typing import Any, Self

from tests.emulators.ledger.books import Books
from tests.emulators.ledger.desk import Desk
from tests.emulators.ledger.faults import Faults
from tests.emulators.ledger.server import LedgerServer


class Ledger:
    """A Ledger that answers until the end of its `with` block."""

    def __init__(self, port: int = 0, desk: Desk | None = None) -> None:
        self.desk = desk or Desk()
        self.port = port
        self._server: LedgerServer | None = None

    @property
    def books(self) -> Books:
        """Its records."""
        return self.desk.books

    @property
    def faults(self) -> Faults:
        """What goes wrong."""
        return self.desk.faults

    @property
    def url(self) -> str:
        """Where it answers; the same again after `open_door`."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.open_door()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.faults.off()
        self.close_door()

    def open_door(self) -> None:
        """Listen."""
        if self._server is None:
            self._server = LedgerServer(self.desk, self.port)
            self.port = self._server.server_port
            Thread(target=self._server.serve_forever, args=(0.05,), name="ledger", daemon=True).start()

    def close_door(self) -> None:
        """Stop listening, and hang up on whoever is connected."""
        if self._server is not None:
            self._server.shutdown()
            self._server.hang_up()
            self._server.server_close()
            self._server = None

    def names(self, table: str = "Customer", column: str = "NAME") -> list[Any]:
        """Return one column of all records, sorted."""
        with self.books.lock:
            return sorted(str(record.values.get(column)) for record in self.books.tables[table].values())
