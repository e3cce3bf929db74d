"""The sessions that a served connector has open: each for one caller's session, at one call at a time.

A caller names a session by an id of its own choice. The first call opens it; it is closed at the caller's word, after
some minutes without a call, or where its place is needed and it has not been used for a while. A call on a session
that was closed in the meantime opens it again: nothing is lost by closing one but the time to open it.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from sync_connectors.contract.errors import ConnectorError, RateLimitedError
from sync_connectors.guarding import GuardedSession
from sync_connectors.json_protocol.server.shares import LEAST_PARALLEL, MOST_SESSIONS
from sync_connectors.json_protocol.server.store import LinkKey
from sync_connectors.services import HostServices

IDLE_SECONDS = 300.0
SPARE_SECONDS = 30.0
RETRY_SECONDS = 2.0
_REMEMBERED_ENDS = 10_000

_logger = logging.getLogger(__name__)


class SessionConflictError(Exception):
    """The call does not suit what the session is doing: another call is under way, it ended, or was told before."""


@dataclass(frozen=True, slots=True)
class SessionKey:
    """Names one session of one link."""

    link: LinkKey
    id: str


@dataclass(eq=False)
class OpenSession:
    """One open session.

    Attributes:
        services: What the connector was handed; its deadline is set anew by each call.
        secrets: What the log must not tell while a call is under way.
    """

    session: GuardedSession
    services: HostServices
    secrets: Sequence[str] = field(default=(), repr=False)


@dataclass(eq=False)
class _Place:
    """A session's place in the pool, also while it is being opened."""

    key: SessionKey
    opened: OpenSession | None = None
    busy: bool = True
    ending: bool = False
    used_at: float = 0.0


class SessionPool:
    """All open sessions of one connector.

    Attributes:
        share: Most of them that one credential may have.

    Args:
        clock: Returns seconds; a test's own.
        share: Likewise; all unless given.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, share: int = MOST_SESSIONS) -> None:
        self.share = share
        self._clock = clock
        self._lock = Lock()
        self._places: dict[SessionKey, _Place] = {}
        self._allowed: dict[LinkKey, int] = {}
        self._last_numbers: OrderedDict[SessionKey, int] = OrderedDict()
        self._ended: OrderedDict[SessionKey, None] = OrderedDict()

    @property
    def count(self) -> int:
        """How many sessions are open."""
        with self._lock:
            return len(self._places)

    @contextmanager
    def calling(
        self,
        key: SessionKey,
        number: int | None,
        open_session: Callable[[], OpenSession],
        count_allowed: Callable[[], int],
    ) -> Iterator[OpenSession]:
        """Yield the session for one call, opened where it is not.

        Args:
            key: Which session.
            number: Of the call within its session, higher with each one; None where the caller does not count.
            open_session: Opens it.
            count_allowed: Returns how many sessions the connector declares for the link; asked where the least that
                each link is granted does not do.

        Raises:
            SessionConflictError: Another call of the session is under way, the session has ended, or the number is
                not higher than the last.
            RateLimitedError: All places are taken.
        """
        place = self._take(key, number, count_allowed)
        try:
            if place.opened is None:
                place.opened = open_session()
            yield place.opened
        finally:
            self._give_back(place)

    def end(self, key: SessionKey) -> None:
        """Close a session now, or when its present call ends; a later call with this id is refused."""
        with self._lock:
            _remember(self._ended, key, None)
            self._last_numbers.pop(key, None)
            closing = self._remove([self._places[key]]) if key in self._places else []
        _close(closing)

    def end_link(self, link: LinkKey) -> None:
        """Close all sessions of a link, which was deleted or has another configuration now."""
        with self._lock:
            self._allowed.pop(link, None)
            closing = self._remove([place for place in self._places.values() if place.key.link == link])
        _close(closing)

    def close_idle(self) -> None:
        """Close the sessions that have had no call for a while."""
        with self._lock:
            closing = self._remove(self._idle_for(IDLE_SECONDS))
        _close(closing)

    def close_all(self) -> None:
        """Close all sessions; those that are at a call when it ends."""
        with self._lock:
            closing = self._remove(list(self._places.values()))
        _close(closing)

    def _take(self, key: SessionKey, number: int | None, count_allowed: Callable[[], int]) -> _Place:
        allowed = LEAST_PARALLEL
        if self._is_crowded(key):
            allowed = self._allowed_for(key.link, count_allowed)
        closing: list[_Place] = []
        try:
            with self._lock:
                place = self._places.get(key)
                self._check(key, number, place)
                if place is None:
                    closing = self._make_room(key.link, allowed)
                    place = self._places[key] = _Place(key)
                place.busy = True
                if number is not None:
                    _remember(self._last_numbers, key, number)
                return place
        finally:
            _close(closing)

    def _check(self, key: SessionKey, number: int | None, place: _Place | None) -> None:
        if place is not None and place.busy:
            raise SessionConflictError("another call of this session is under way, calls of one come one by one")
        if key in self._ended:
            raise SessionConflictError("this session has ended, begin one with another id")
        if number is not None and number <= self._last_numbers.get(key, -1):
            raise SessionConflictError("this call or a later one of its session was told before")

    def _is_crowded(self, key: SessionKey) -> bool:
        with self._lock:
            of_link = sum(place.link == key.link for place in self._places)
            return key not in self._places and of_link >= LEAST_PARALLEL

    def _allowed_for(self, link: LinkKey, count_allowed: Callable[[], int]) -> int:
        """Return how many sessions a link may have; the connector is asked outside the lock."""
        if link not in self._allowed:
            self._allowed[link] = max(LEAST_PARALLEL, count_allowed())
        return self._allowed[link]

    def _make_room(self, link: LinkKey, allowed: int) -> list[_Place]:
        """Return the session that has to go for a new one, if one has to.

        A caller that was killed leaves sessions behind, and its successor shall not have to wait for their end.
        """
        places = list(self._places.values())
        of_link = [place for place in places if place.key.link == link]
        of_credential = [place for place in places if place.key.link.credential == link.credential]
        limits = ((of_link, allowed), (of_credential, self.share), (places, MOST_SESSIONS))
        among = next((held for held, most in limits if len(held) >= most), None)
        if among is None:
            return []
        spare = [place for place in self._idle_for(SPARE_SECONDS) if place in among]
        if not spare:
            raise RateLimitedError(
                f"{len(among)} sessions are open at the connector's server, which are all that there may be",
                instruction="wait, and begin anew",
                retry_after=RETRY_SECONDS,
            )
        return self._remove([min(spare, key=lambda place: place.used_at)])

    def _give_back(self, place: _Place) -> None:
        with self._lock:
            place.busy = False
            place.used_at = self._clock()
            useless = place.opened is None or place.opened.session.is_lost
            closing = self._remove([place]) if useless or place.ending else []
        _close(closing)

    def _idle_for(self, seconds: float) -> list[_Place]:
        latest = self._clock() - seconds
        return [place for place in self._places.values() if not place.busy and place.used_at <= latest]

    def _remove(self, places: Sequence[_Place]) -> list[_Place]:
        """Take places out of the pool, those at a call when it ends; return those to close, outside the lock."""
        closing = []
        for place in places:
            if place.busy:
                place.ending = True
                continue
            self._places.pop(place.key, None)
            closing.append(place)
        return closing


def _remember(memory: OrderedDict[SessionKey, Any], key: SessionKey, value: Any) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > _REMEMBERED_ENDS:
        memory.popitem(last=False)


def _close(places: Sequence[_Place]) -> None:
    for place in places:
        if place.opened is not None:
            try:
                place.opened.session.close()
            except ConnectorError:
                _logger.warning("closing a session failed")
