"""How many readers may wait for ERPs at one time, so that slow ones never take all threads of the web process."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from time import monotonic


class WaitingPlaces:
    """Places for readers, on the whole and for each link.

    Args:
        total: Most readers at one time; the rest of the threads stays free for pages.
        for_each_link: Most readers of one link, so that one slow ERP leaves places for the others.
    """

    def __init__(self, total: int, for_each_link: int) -> None:
        self._total = max(1, total)
        self._for_each_link = max(1, min(for_each_link, self._total))
        self._taken: Counter[int] = Counter()
        self._changed = Condition()

    @contextmanager
    def place(self, link_id: int, patience: float) -> Iterator[bool]:
        """Yield whether there was a place within `patience` seconds; it is free again after the block."""
        got_one = self._take(link_id, patience)
        try:
            yield got_one
        finally:
            if got_one:
                self._give_back(link_id)

    def _take(self, link_id: int, patience: float) -> bool:
        until = monotonic() + patience
        with self._changed:
            while self._taken.total() >= self._total or self._taken[link_id] >= self._for_each_link:
                if not self._changed.wait(until - monotonic()):
                    return False
            self._taken[link_id] += 1
            return True

    def _give_back(self, link_id: int) -> None:
        with self._changed:
            self._taken[link_id] -= 1
            self._changed.notify_all()
