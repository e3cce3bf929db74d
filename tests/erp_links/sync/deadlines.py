"""Deadlines of calls that pass when a test says so, so that no test waits for one and no slow machine misses one."""

import threading
from collections.abc import Callable

import pytest

from sync_connectors.guarding import calls
from tests.emulators.ledger.faults import Fault

_LOOK_SECONDS = 0.005


def let_deadlines_pass_at(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    """Let the deadline of each call be over that a fault keeps waiting, and no other deadline pass."""
    passed = [0]

    def is_over() -> bool:
        held = fault.held
        is_new, passed[0] = held > passed[0], held
        return is_new

    let_deadlines_pass_when(monkeypatch, is_over)


def let_deadlines_pass_when(monkeypatch: pytest.MonkeyPatch, is_over: Callable[[], bool]) -> None:
    """Let the deadline of a call that is under way be over as soon as something holds, and no other deadline pass."""

    def waited_for(ended: threading.Event, _seconds: float, **_halts: bool) -> bool:
        while not ended.wait(_LOOK_SECONDS):
            if is_over():
                return False
        return True

    monkeypatch.setattr(calls, "_waited_for", waited_for)
