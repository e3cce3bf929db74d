import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from host.outbound.deadlines import CallDeadline

LONG = 30.0


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    here, there = socket.socketpair()
    here.settimeout(LONG)
    with here, there:
        yield here, there


def test_a_call_is_cut_at_its_deadline_also_while_a_longer_one_is_under_way(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    here, _there = ends
    with CallDeadline(LONG), CallDeadline(0.05) as deadline:
        deadline.watch(here)
        assert here.recv(1) == b""
        assert deadline.remaining == 0.0


def test_a_call_that_has_ended_is_not_cut(ends: tuple[socket.socket, socket.socket]) -> None:
    here, there = ends
    with CallDeadline(0.02) as ended:
        ended.watch(here)
    ended.cut()
    there.send(b"+")
    assert here.recv(1) == b"+"


def test_many_calls_take_no_thread_each() -> None:
    with CallDeadline(LONG), ExitStack() as stack:
        before = threading.active_count()
        for _number in range(20):
            stack.enter_context(CallDeadline(LONG))
        assert threading.active_count() == before
