"""A stream that is cut anywhere comes in full all the same, or ends with an error; never is a record cut with it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from host.settings import Settings
from sync_connectors import ConnectorError, ProtocolError
from tests.hostile.calling import CALLS, Side, calling
from tests.hostile.cases import QUICK
from tests.hostile.leftovers import nothing_left
from tests.hostile.line import FRAMINGS
from tests.hostile.server import HostileProcess

FAR_BEHIND = 10**6


def read(side: Side, taken: list[Any]) -> list[Any]:
    """Take the pages of a stream one by one; the number of all records is told anew where it is gone on with."""
    with side.session() as session:
        for page in session.changes("Customer", None, None, ["NAME", "CREDIT"]):
            taken += [(page.actors, page.resume, page.watermark)]
    return taken


def failure_of(make: Callable[[], Any]) -> ConnectorError | None:
    """Return what a call raised."""
    try:
        make()
    except ConnectorError as error:
        return error
    return None


@pytest.fixture
def side(server: HostileProcess, settings: Settings) -> Iterator[Side]:
    with nothing_left(60.0, 60.0), calling(server.url, settings, QUICK) as side:
        yield side


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(framing=st.sampled_from(FRAMINGS), place=st.integers(0, FAR_BEHIND), resets=st.booleans())
@example(framing="end of the connection", place=-1, resets=False)
@example(framing="length", place=0, resets=True)
def test_a_stream_cut_anywhere_is_whole_or_an_error(
    side: Side, server: HostileProcess, framing: str, place: int, resets: bool
) -> None:
    whole = read(side, [])
    server.cut("changes", framing, place, resets=resets)
    server.seen()
    taken: list[Any] = []
    failure = failure_of(lambda: read(side, taken))
    assert taken == whole[: len(taken)]
    if failure is None:
        assert len(taken) == len(whole) == 3
    else:
        assert failure.instruction
        if isinstance(failure, ProtocolError):  # headers that are cut pass for fewer headers
            assert (taken, "in place of lines" in failure.text) == ([], True), failure
        else:
            assert "does not say where to go on" in failure.text
    calls = [one["call"] for one in server.seen()]
    assert calls.count("changes") <= 2


@pytest.mark.parametrize("call", ["get", "create"])
@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(framing=st.sampled_from(FRAMINGS), place=st.integers(0, FAR_BEHIND), resets=st.booleans())
def test_an_answer_cut_anywhere_is_whole_or_an_error(
    side: Side, server: HostileProcess, call: str, framing: str, place: int, resets: bool
) -> None:
    made = CALLS[call]
    server.seen()
    server.cut(made.path, framing, place, resets=resets)
    told: list[Any] = []
    failure = failure_of(lambda: told.append(made.make(side)))
    if failure is None:
        assert not made.is_write
        assert told == [made.make(side)]
    elif isinstance(failure, ProtocolError):  # nothing but the message itself says that it is not whole
        assert "it is no JSON" in failure.text or "in place of JSON" in failure.text, failure
    else:
        assert "broke off" in failure.text
        assert made.is_write
    if made.is_write:
        assert [one["call"] for one in server.seen()].count(made.path) == 1
