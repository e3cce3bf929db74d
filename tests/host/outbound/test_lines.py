"""Answers that are read line by line keep to the limits of whole ones."""

import threading

import pytest
import requests

from host.outbound import AddressRefusedError, CallDeadlineError, ResponseTooLargeError, open_outbound_session
from host.settings import Settings
from tests.emulators.scripted_server import ScriptedServer, Told, lines, message

LINES = "application/x-ndjson"


@pytest.fixture
def settings(tmp_path):
    return Settings(data_folder=tmp_path, outbound_allow=("127.0.0.0/8",))


def opened(settings, server, seconds=lambda: 60.0, largest=1000, **kwargs):
    session = open_outbound_session(settings, seconds, largest)
    return session.open_lines("POST", server.url, LINES, **kwargs)


def all_lines(stream):
    found = []
    while (line := stream.next_line()) is not None:
        found.append(line)
    return found


@pytest.mark.parametrize("packed", [False, True])
def test_lines_come_whole_wherever_the_answer_was_cut(settings, packed):
    with ScriptedServer(lines(b"one\ntw", b"o\n", b"\nthree", b"\n", packed=packed)) as server:
        assert all_lines(opened(settings, server)) == [b"one", b"two", b"", b"three"]


def test_what_stands_behind_the_last_break_is_no_line(settings):
    with ScriptedServer(lines(b"one\nhalf a")) as server:
        assert all_lines(opened(settings, server)) == [b"one"]


def test_a_line_is_there_before_the_next_one_is_sent(settings):
    told = lines(b"one\n", b"two\n")
    told.until = threading.Event()
    with ScriptedServer(told) as server:
        stream = opened(settings, server)
        assert stream.next_line() == b"one"
        told.until.set()
        assert stream.next_line() == b"two"


def test_each_line_has_a_deadline_of_its_own(settings):
    told = lines(b"one\n", b"two\n")
    told.until = threading.Event()
    with ScriptedServer(told) as server:
        seconds = iter([60.0, 60.0, 0.2])
        stream = opened(settings, server, lambda: next(seconds))
        assert stream.next_line() == b"one"
        with pytest.raises(CallDeadlineError):
            stream.next_line()
        told.until.set()
        assert stream.next_line() is None


def test_a_later_line_may_take_longer_than_the_first_one_was_given(settings):
    told = lines(b"one\n", b"two\n")
    told.until = threading.Event()
    with ScriptedServer(told) as server:
        seconds = iter([1.0, 1.0, 60.0])
        stream = opened(settings, server, lambda: next(seconds))
        assert stream.next_line() == b"one"
        threading.Timer(1.2, told.until.set).start()
        assert stream.next_line() == b"two"


@pytest.mark.parametrize("packed", [False, True])
def test_a_line_that_is_too_large_unpacked_is_refused(settings, packed):
    with ScriptedServer(lines(b"x" * 1000 + b"\n", b"y" * 200_000, packed=packed)) as server:
        stream = opened(settings, server)
        assert stream.next_line() == b"x" * 1000
        with pytest.raises(ResponseTooLargeError, match="a line of the answer is larger"):
            stream.next_line()


def test_many_small_lines_may_be_more_than_an_answer(settings):
    with ScriptedServer(lines(b"0123456789\n" * 500)) as server:
        assert len(all_lines(opened(settings, server))) == 500


def test_a_connection_that_breaks_is_told(settings):
    with ScriptedServer(lines(b"one\n", breaks=True)) as server:
        stream = opened(settings, server)
        assert stream.next_line() == b"one"
        with pytest.raises(requests.ConnectionError, match="broke off"):
            stream.next_line()


def test_what_cannot_be_unpacked_is_told(settings):
    told = lines(b"no gzip at all")
    told.headers["Content-Encoding"] = "gzip"
    with ScriptedServer(told) as server, pytest.raises(requests.exceptions.ContentDecodingError):
        opened(settings, server).next_line()


@pytest.mark.parametrize(
    "told", [message({"a": 1}), Told([b"no\n"], 500, {"Content-Type": LINES}), Told([], 302, {"Location": "/other"})]
)
def test_an_answer_of_another_kind_has_been_read_and_is_not_followed(settings, told):
    with ScriptedServer(told) as server:
        stream = opened(settings, server)
        assert not stream.has_lines
        assert stream.response.status_code == told.status
        assert stream.response.content == b"".join(told.parts)
        assert stream.next_line() is None
        assert len(server.asked) == 1


def test_an_answer_of_another_kind_has_the_limit_of_whole_ones(settings):
    with ScriptedServer(Told([b"x" * 2000], 500)) as server, pytest.raises(ResponseTooLargeError):
        opened(settings, server)


def test_the_connection_is_used_again_after_the_last_line_and_not_after_a_part(settings):
    with ScriptedServer(lines(b"one\n"), lines(b"two\nthree\n"), lines(b"four\n")) as server:
        session = open_outbound_session(settings, lambda: 60.0)
        assert all_lines(session.open_lines("POST", server.url, LINES)) == [b"one"]
        part = session.open_lines("POST", server.url, LINES)
        part.next_line()
        part.close()
        assert part.next_line() is None
        assert all_lines(session.open_lines("POST", server.url, LINES)) == [b"four"]
        first, second, third = (asked.peer for asked in server.asked)
    assert first == second
    assert second != third


def test_the_policy_of_addresses_holds(tmp_path):
    with ScriptedServer() as server, pytest.raises(AddressRefusedError):
        opened(Settings(data_folder=tmp_path), server)
    assert server.asked == []
