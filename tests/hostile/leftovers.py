"""What a call must not leave behind, and how much memory and time it may take at most."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PROCESS = Path("/proc/self")
_PERMANENT = frozenset({"deadlines"})
"""Threads that a process has one of, from the first call on."""
_OF_DATABASES = (".db", ".db-wal", ".db-shm")
_SETTLING_SECONDS = 30.0


@contextmanager
def nothing_left(megabytes: float, seconds: float) -> Iterator[None]:
    """Fail where more is there behind the block than was before, or where it took more than it may.

    Args:
        megabytes: Most by which the peak of the resident memory may grow.
        seconds: Most time on the clock.
    """
    before, threads, files = _reset_peak(), _threads(), _files()
    began = time.monotonic()
    yield
    took, grown = time.monotonic() - began, (_peak() - before) / 2**10
    assert took <= seconds, f"took {took:.1f} s"
    assert grown <= megabytes, f"took {grown:.0f} MB of memory"
    until = time.monotonic() + _SETTLING_SECONDS
    while (more := _more(threads, files)) and time.monotonic() < until:
        time.sleep(0.01)
    assert not more, f"left behind: {more}"


def _more(threads: set[threading.Thread], files: dict[str, str]) -> list[str]:
    new = [thread.name for thread in _threads() - threads]
    return new + [target for number, target in _files().items() if files.get(number) != target]


def _threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name not in _PERMANENT}


def _files() -> dict[str, str]:
    """Return files and sockets by their number, but for those of databases, whose pools keep them."""
    found = {}
    for entry in (_PROCESS / "fd").iterdir():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:
            continue  # the one that has listed them
        if not target.endswith(_OF_DATABASES):
            found[entry.name] = target
    return found


def _reset_peak() -> int:
    """Begin to measure the peak anew where the system lets us; return what it is now, in KB."""
    with suppress(OSError):
        (_PROCESS / "clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    line = next(line for line in (_PROCESS / "status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1])
