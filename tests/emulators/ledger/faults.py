"""What goes wrong, and when: switched on by a test, struck by calls.

    faults.on("lost", calls=["create"], times=1)            # the next create is done, and its answer never comes
    faults.on("status", status=429, retry_after=7, times=1)
    faults.on("refuse", calls=["save"], probability=0.3, seed=5)   # of the records of a batch

| kind | what happens | options |
|---|---|---|
| `status` | an HTTP error before anything is done | `status`, `retry_after` |
| `drop` | the connection closes before anything is done | |
| `slow` | nothing is done for so long, or until the fault is switched off; then as usual | `seconds` |
| `slow_after` | everything is done, and the answer takes so long, or until the fault is switched off | `seconds` |
| `lost` | everything is done, and the connection closes without an answer | |
| `garbage` | everything is done, and the answer is no JSON | |
| `forgotten` | the link is not known until it is saved again | |
| `nothing` | a warning and no records | |
| `vanish` | single records are absent from the answer | `keys` |
| `unreadable` | single records cannot be read | `keys` |
| `stuck` | the cursor of a page is always the same | |
| `expired` | a cursor that was given out is not known any more | |
| `overlap` | a page begins with the last records of the one before | `records` |
| `repeat` | a page holds records twice | |
| `shuffle` | the records of a page are in no order | |
| `refuse` | single records are refused on create and save | `keys`, `text` |
| `swallow` | single records are neither saved nor refused | `keys` |
"""

import random
from collections.abc import Collection
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any


@dataclass
class Fault:
    """One fault. It spares the first `skip` calls, then strikes `times`; None is for ever. Empty sets mean all.

    Attributes:
        struck: How often it has struck.
        held: How many calls it has kept waiting.
    """

    kind: str
    calls: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    times: int | None = None
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    struck: int = 0
    held: int = 0

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)
        self._is_off = Event()

    def strikes(self, call: str, table: str, key: str = "") -> bool:
        """Say whether it strikes this time, and count it."""
        concerned = (not self.calls or call in self.calls) and (not self.tables or table in self.tables)
        keys = self.options.get("keys")
        if not concerned or self.times == 0 or (keys and key not in keys):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.probability < 1.0 and self._draw.random() >= self.probability:
            return False
        self.times = None if self.times is None else self.times - 1
        self.struck += 1
        return True

    def hold(self) -> None:
        """Keep a call waiting for the seconds of the fault, or until it is switched off."""
        self.held += 1
        self._is_off.wait(self.options.get("seconds"))

    def let_go(self) -> None:
        """Keep no call waiting any longer."""
        self._is_off.set()


class Faults:
    """The faults that are switched on; calls ask from several threads."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = Lock()

    def on(
        self,
        kind: str,
        *,
        calls: Collection[str] = (),
        tables: Collection[str] = (),
        times: int | None = None,
        skip: int = 0,
        probability: float = 1.0,
        seed: int = 0,
        **options: Any,
    ) -> Fault:
        """Switch a fault on."""
        fault = Fault(kind, frozenset(calls), frozenset(tables), times, skip, probability, seed, options)
        with self._lock:
            self._faults.append(fault)
        return fault

    def off(self, kind: str = "") -> None:
        """Switch all faults off, or those of one kind."""
        with self._lock:
            ended = [fault for fault in self._faults if kind in {"", fault.kind}]
            self._faults = [fault for fault in self._faults if fault not in ended]
        for fault in ended:
            fault.let_go()

    def strike(self, kind: str, call: str, table: str = "", key: str = "") -> Fault | None:
        """Return the fault of this kind that strikes now, if one does."""
        with self._lock:
            return next(
                (fault for fault in self._faults if fault.kind == kind and fault.strikes(call, table, key)), None
            )
