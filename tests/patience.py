"""Waiting for what must happen: it is looked for often, and fails late, as other tests may keep the machine busy."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

PATIENCE_SECONDS = 60.0

Found = TypeVar("Found")


def until(look: Callable[[], Found | None]) -> Found:
    """Return what `look` finds as soon as it finds something."""
    deadline = monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert monotonic() < deadline, f"nothing was found within {PATIENCE_SECONDS:g} s"
        sleep(0.01)
    return found
