"""The pool of open sessions."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from sync_connectors import ConnectorError, RateLimitedError
from sync_connectors.json_protocol.server.sessions import (
    IDLE_SECONDS,
    SPARE_SECONDS,
    OpenSession,
    SessionConflictError,
    SessionKey,
    SessionPool,
)
from sync_connectors.json_protocol.server.shares import LEAST_PARALLEL, MOST_SESSIONS, Share
from sync_connectors.json_protocol.server.store import LinkKey

LINK = LinkKey("nordwind", "g-1")


@dataclass
class Recorded:
    """Stands for a guarded session; tells whether it was closed."""

    closed: int = 0
    is_lost: bool = False

    def close(self) -> None:
        self.closed += 1


@dataclass
class Bench:
    """A pool with a clock of its own, and the sessions that it has opened."""

    now: float = 1000.0
    allowed: int = 0
    asked: int = 0
    opened: list[Recorded] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pool = SessionPool(lambda: self.now)

    def calling(self, name: str, number: int | None = None, link: LinkKey = LINK) -> Any:
        return self.pool.calling(SessionKey(link, name), number, self._open, self._count)

    def call(self, name: str, number: int | None = None, link: LinkKey = LINK) -> Recorded:
        with self.calling(name, number, link) as opened:
            return opened.session

    def _open(self) -> OpenSession:
        self.opened.append(Recorded())
        return OpenSession(self.opened[-1], None)

    def _count(self) -> int:
        self.asked += 1
        return self.allowed


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_calls_of_one_id_share_a_session_and_other_ids_and_links_have_their_own(bench: Bench) -> None:
    assert bench.call("a") is bench.call("a")
    assert bench.call("b") is not bench.call("a")
    assert bench.call("a", link=LinkKey("suedwind", "g-1")) is not bench.call("a")
    assert bench.pool.count == 3


def test_a_second_call_of_a_session_at_the_same_time_is_refused(bench: Bench) -> None:
    with bench.calling("a"):
        with pytest.raises(SessionConflictError, match="another call"), bench.calling("a"):
            pass
        bench.call("b")
    bench.call("a")


def test_a_call_that_was_told_before_is_refused(bench: Bench) -> None:
    bench.call("a", 1)
    bench.call("a", 3)
    for number in (3, 2, 0):
        with pytest.raises(SessionConflictError, match="told before"):
            bench.call("a", number)
    bench.call("a", 4)
    bench.call("b", 1)


def test_an_ended_session_is_closed_and_its_id_never_used_again(bench: Bench) -> None:
    ended = bench.call("a", 1)
    bench.pool.end(SessionKey(LINK, "a"))
    assert ended.closed == 1
    with pytest.raises(SessionConflictError, match="has ended"):
        bench.call("a", 2)
    assert bench.pool.count == 0


def test_a_session_that_ends_during_a_call_is_closed_after_it(bench: Bench) -> None:
    with bench.calling("a") as opened:
        bench.pool.end(SessionKey(LINK, "a"))
        assert opened.session.closed == 0
    assert opened.session.closed == 1


def test_an_idle_session_is_closed_and_opened_again_by_its_next_call(bench: Bench) -> None:
    first, second = bench.call("a"), bench.call("b")
    bench.now += IDLE_SECONDS - 1
    bench.call("b")
    bench.now += 1
    bench.pool.close_idle()
    assert (first.closed, second.closed) == (1, 0)
    assert bench.call("a") is not first


def test_more_sessions_than_granted_are_refused_until_one_ends(bench: Bench) -> None:
    for number in range(LEAST_PARALLEL):
        bench.call(f"s{number}")
    assert bench.asked == 0
    with pytest.raises(RateLimitedError) as refused:
        bench.call("one more")
    assert refused.value.retry_after
    bench.call("of another link", link=LinkKey("nordwind", "g-2"))
    bench.pool.end(SessionKey(LINK, "s0"))
    bench.call("one more")


def test_a_connector_that_declares_more_gets_more_and_is_asked_once(bench: Bench) -> None:
    bench.allowed = 6
    for number in range(6):
        bench.call(f"s{number}")
    with pytest.raises(RateLimitedError):
        bench.call("one more")
    assert bench.asked == 1


def test_what_a_caller_that_died_has_left_makes_room_but_not_what_is_in_use(bench: Bench) -> None:
    with bench.calling("busy") as busy:
        left = [bench.call(f"s{number}") for number in range(LEAST_PARALLEL - 1)]
        bench.now += SPARE_SECONDS
        bench.call("s2")
        bench.call("new")
        assert [each.closed for each in left] == [1, 0, 0]
        assert busy.session.closed == 0


def test_all_links_together_have_a_limit(bench: Bench) -> None:
    for number in range(MOST_SESSIONS):
        bench.call("a", link=LinkKey("nordwind", f"g-{number}"))
    with pytest.raises(RateLimitedError):
        bench.call("a", link=LinkKey("nordwind", "one more"))


def test_one_credential_has_its_share_whatever_the_others_leave(bench: Bench) -> None:
    bench.pool.share = share = Share.of(2).sessions
    for number in range(share):
        bench.call("a", link=LinkKey("greedy", f"g-{number}"))
    with pytest.raises(RateLimitedError, match=f"{share} sessions are open"):
        bench.call("a", link=LinkKey("greedy", "one more"))
    for number in range(share):
        bench.call("a", link=LinkKey("nordwind", f"g-{number}"))
    bench.now += SPARE_SECONDS
    first = bench.opened[0]
    bench.call("a", link=LinkKey("greedy", "one more"))
    assert first.closed == 1
    assert sum(each.closed for each in bench.opened) == 1


@pytest.mark.parametrize("credentials", range(1, 7))
def test_the_shares_of_six_credentials_fit_into_the_server(credentials: int) -> None:
    share = Share.of(credentials)
    assert share.sessions >= LEAST_PARALLEL
    assert share.sessions * credentials <= MOST_SESSIONS
    assert share.calls > share.sessions


def test_a_session_with_a_late_call_is_not_used_again(bench: Bench) -> None:
    with bench.calling("a") as opened:
        opened.session.is_lost = True
    assert opened.session.closed == 1
    assert bench.call("a") is not opened.session


def test_a_session_that_fails_to_open_takes_no_place(bench: Bench) -> None:
    def fail() -> OpenSession:
        raise ConnectorError("closed")

    for _time in range(LEAST_PARALLEL + 1):
        with (
            pytest.raises(ConnectorError, match="closed"),
            bench.pool.calling(SessionKey(LINK, "a"), None, fail, lambda: 0),
        ):
            pass
    assert bench.pool.count == 0


def test_a_link_that_was_changed_has_its_sessions_closed_those_in_use_after_their_call(bench: Bench) -> None:
    idle, other = bench.call("a"), bench.call("a", link=LinkKey("suedwind", "g-1"))
    with bench.calling("b") as busy:
        bench.pool.end_link(LINK)
        assert (idle.closed, other.closed, busy.session.closed) == (1, 0, 0)
    assert busy.session.closed == 1
    assert bench.call("b") is not busy.session
