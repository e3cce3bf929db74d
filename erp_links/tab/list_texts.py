"""Display texts of list items, kept for a moment, so that opening many cards does not ask for the same ones."""

from collections.abc import Callable, Collection
from threading import Lock
from time import monotonic

from sync_connectors import ConnectorError, LinkSession

SECONDS_KEPT = 60.0
MOST_KEPT = 10_000

_Item = tuple[int, int, str, str]


class ListTexts:
    """A cache of this process: (link, its version, list, item key) → text and the time after which it is asked again.

    An unknown key is kept as well, with an empty text.

    Args:
        clock: The seconds by which texts grow old.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._kept: dict[_Item, tuple[str, float]] = {}
        self._lock = Lock()

    def learn(
        self, session: LinkSession, link_id: int, link_version: int, list_name: str, keys: Collection[str]
    ) -> None:
        """Ask the ERP for the texts that are not at hand, or old.

        An ERP that cannot tell them is no reason to show nothing: the keys then stand for themselves.
        """
        now = self._clock()
        with self._lock:
            missing = [
                key for key in keys if self._kept.get((link_id, link_version, list_name, key), ("", 0))[1] <= now
            ]
        if not missing:
            return
        try:
            found = session.list_items_by_key(list_name, missing)
        except ConnectorError:
            return
        with self._lock:
            if len(self._kept) + len(missing) > MOST_KEPT:
                self._kept.clear()
            for key in missing:
                self._kept[link_id, link_version, list_name, key] = (found.get(key, ""), now + SECONDS_KEPT)

    def text(self, link_id: int, link_version: int, list_name: str, key: str) -> str:
        """Return the text of an item as it was last told, however old; empty where it is not known."""
        return self._kept.get((link_id, link_version, list_name, key), ("", 0.0))[0]
