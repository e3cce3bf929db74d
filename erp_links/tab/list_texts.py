"""Display texts of list items, kept for a moment, so that opening many cards does not ask for the same ones."""

from collections.abc import Callable, Collection, Mapping
from threading import Lock
from time import monotonic
from typing import cast

from flask import current_app

from sync_connectors import ConnectorError, LinkSession

EXTENSION = "tieline_list_texts"
SECONDS_KEPT = 60.0
MOST_KEPT = 10_000

_Item = tuple[int, int, str, str]


class ListTexts:
    """A cache of this process: (link, its version, list, item key) → text and the time after which it is asked again.

    An unknown key is kept as well, with an empty text.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Take the clock by which texts grow old."""
        self._clock = clock
        self._kept: dict[_Item, tuple[str, float]] = {}
        self._lock = Lock()

    def of(
        self, session: LinkSession, link_id: int, link_version: int, list_name: str, keys: Collection[str]
    ) -> Mapping[str, str]:
        """Return the texts of these items, asking the ERP for those that are not at hand.

        An ERP that cannot tell them is no reason to show nothing: the keys then stand for themselves.
        """
        now = self._clock()
        with self._lock:
            kept = {key: self._kept.get((link_id, link_version, list_name, key), ("", 0.0)) for key in keys}
        texts = {key: text for key, (text, until) in kept.items() if until > now}
        missing = [key for key in keys if key not in texts]
        if missing:
            try:
                found = session.list_items_by_key(list_name, missing)
            except ConnectorError:
                return texts
            texts |= {key: found.get(key, "") for key in missing}
            self._keep({(link_id, link_version, list_name, key): texts[key] for key in missing}, now)
        return texts

    def _keep(self, items: Mapping[_Item, str], now: float) -> None:
        with self._lock:
            if len(self._kept) + len(items) > MOST_KEPT:
                self._kept.clear()
            self._kept.update({item: (text, now + SECONDS_KEPT) for item, text in items.items()})


def current_list_texts() -> ListTexts:
    """Return the cache of the running Flask application."""
    return cast(ListTexts, current_app.extensions[EXTENSION])
