"""Streams come page by page, and go on where they broke off."""

import threading
from dataclasses import replace
from functools import partial

import pytest

from sync_connectors import (
    Actor,
    AuthenticationError,
    Deletions,
    Page,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
)
from sync_connectors.json_protocol.client import streams
from sync_connectors.json_protocol.errors import error_to_json
from sync_connectors.json_protocol.media import Stream
from sync_connectors.json_protocol.pages import beginning, end_line, error_line, page_line
from tests.emulators.scripted_server import ScriptedServer, lines, message
from tests.sync_connectors.json_protocol.client.conftest import GUID
from tests.sync_connectors.json_protocol.schema import checked

BEGIN, END = beginning(Stream.CHANGES), end_line()
PAGES = [
    Page((Actor("Customer", str(number), {"NAME": f"Name {number}"}, "t"),), resume, "w", 3)
    for number, resume in ((1, "a"), (2, "b"), (3, None))
]
ONE, TWO, THREE = map(page_line, PAGES)
OTHER_SESSION = message({})
"""The answer to the end of the session whose stream broke off."""


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(streams, "PAUSES", (0.0, 0.0, 0.0))


def read(side, server, resume=None, seconds=60.0):
    return list(side.session(server.url, seconds=seconds).changes("Customer", "mark", resume, ["NAME"]))


def cursors(server):
    return [asked.json["resume"] for asked in server.asked if asked.method == "POST"]


@pytest.mark.parametrize("packed", [False, True])
def test_a_stream_is_asked_for_by_one_valid_request(side, packed):
    with ScriptedServer(lines(BEGIN, ONE, TWO, THREE, END, packed=packed)) as server:
        assert read(side, server, resume="0") == PAGES
    (asked,) = server.asked
    assert asked.target == f"/links/{GUID}/changes"
    told = checked("changes.request", asked.body)
    assert told == {"actor_type": "Customer", "watermark": "mark", "resume": "0", "fields": ["NAME"]}


def test_deletions_are_a_stream_of_their_own(side):
    told = [Deletions(("1", "2"), "a", "w"), Deletions(())]
    with ScriptedServer(lines(beginning(Stream.DELETIONS), *map(page_line, told), END)) as server:
        assert list(side.session(server.url).deletions("Customer", None, None)) == told
    checked("deletions.request", server.asked[0].body)


def test_nothing_is_asked_before_the_first_page_is_wanted(side):
    with ScriptedServer() as server:
        side.session(server.url).changes("Customer", None, None, [])
    assert server.asked == []


def test_a_page_is_there_before_the_next_one_is_sent(side):
    told = lines(BEGIN, ONE, TWO + THREE + END)
    told.until = threading.Event()
    with ScriptedServer(told) as server:
        stream = side.session(server.url).changes("Customer", None, None, [])
        assert next(stream) == PAGES[0]
        told.until.set()
        assert list(stream) == PAGES[1:]


@pytest.mark.parametrize("breaks", [False, True])
@pytest.mark.parametrize(
    ("first", "cursor", "second"),
    [
        ((), None, (BEGIN, ONE, TWO, THREE, END)),
        ((BEGIN,), None, (BEGIN, ONE, TWO, THREE, END)),
        ((BEGIN, ONE), "a", (BEGIN, TWO, THREE, END)),
        ((BEGIN, ONE, TWO[:-1]), "a", (BEGIN, TWO, THREE, END)),
        ((BEGIN, ONE, TWO, THREE[:20]), "b", (BEGIN, THREE, END)),
    ],
)
def test_a_stream_that_broke_off_goes_on_behind_its_last_whole_page(side, first, cursor, second, breaks):
    with ScriptedServer(lines(*first, breaks=breaks), OTHER_SESSION, lines(*second)) as server:
        assert read(side, server) == PAGES
    assert cursors(server) == [None, cursor]
    ended, again = server.asked[1], server.asked[2]
    assert ended.method == "DELETE"
    former = server.asked[0].headers["Tieline-Session"]
    assert ended.target.endswith(former)
    assert again.headers["Tieline-Session"] != former


def test_tries_are_counted_anew_with_each_page(side):
    broken = [lines(BEGIN, breaks=True), OTHER_SESSION] * 3
    script = [lines(BEGIN, ONE, breaks=True), OTHER_SESSION]
    script += [*broken[:4], lines(BEGIN, TWO, breaks=True), OTHER_SESSION, *broken[:4], lines(BEGIN, THREE, END)]
    with ScriptedServer(*script) as server:
        assert read(side, server) == PAGES
    assert cursors(server) == [None, "a", "a", "a", "b", "b", "b"]


def test_a_stream_that_goes_on_breaking_is_given_up(side):
    with ScriptedServer(*[lines(BEGIN, breaks=True), OTHER_SESSION] * 9) as server:
        with pytest.raises(UnavailableError, match="broke off"):
            read(side, server)
        assert len(cursors(server)) == 1 + streams.MOST_TRIES


def test_a_server_that_is_being_started_anew_is_waited_for(side):
    down = message(error_to_json(UnavailableError("starting")), 503)
    script = [lines(BEGIN, ONE), *[OTHER_SESSION, down] * 2, OTHER_SESSION, lines(BEGIN, TWO, THREE, END)]
    with ScriptedServer(*script) as server:
        assert read(side, server) == PAGES
    assert cursors(server) == [None, "a", "a", "a"]


def test_the_waits_are_kept_and_end_with_the_deadline(side, monkeypatch):
    monkeypatch.setattr(streams, "PAUSES", (0.0, 600.0, 600.0))
    with ScriptedServer(*[lines(BEGIN), OTHER_SESSION] * 9) as server:
        with pytest.raises(UnavailableError, match="broke off"):
            read(side, server)
        assert len(cursors(server)) == 2


def test_a_stream_that_broke_off_behind_a_page_without_a_cursor_cannot_go_on(side):
    with ScriptedServer(lines(BEGIN, ONE, THREE)) as server:
        stream = side.session(server.url).changes("Customer", None, None, [])
        assert [next(stream), next(stream)] == [PAGES[0], PAGES[2]]
        with pytest.raises(UnavailableError, match="does not say where to go on"):
            next(stream)
    assert len(cursors(server)) == 1


@pytest.mark.parametrize("error", [UnavailableError("closed"), RateLimitedError("wait", retry_after=9.0)])
@pytest.mark.parametrize("begun", [False, True])
def test_an_error_that_the_server_tells_is_not_asked_again(side, error, begun):
    told = lines(BEGIN, ONE, error_line(error)) if begun else message(error_to_json(error), 503)
    with ScriptedServer(told) as server, pytest.raises(UnavailableError) as raised:
        read(side, server)
    assert type(raised.value) is type(error)
    assert vars(raised.value) == vars(error)
    assert len(cursors(server)) == 1


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (lines(ONE, END), "does not begin as a stream of changes"),
        (lines(beginning(Stream.DELETIONS), END), "does not begin as a stream of changes"),
        (lines(BEGIN, b"{\n"), "is no JSON"),
        (lines(BEGIN, b"\n"), "is no JSON"),
        (lines(BEGIN, b'{"page": {"keys": []}}\n'), "records is no object"),
        (message({"records": []}), "answers application/json in place of lines"),
    ],
)
def test_lines_of_something_else_break_the_protocol_and_are_not_asked_for_again(side, told, words):
    with ScriptedServer(told) as server, pytest.raises(ProtocolError, match=words):
        read(side, server)
    assert len(cursors(server)) == 1


def test_a_refused_token_is_told(side):
    with ScriptedServer(message({}, 401)) as server, pytest.raises(AuthenticationError, match="access token"):
        read(side, server)


def test_a_page_that_does_not_come_in_time_ends_the_stream(side):
    told = lines(BEGIN, ONE, TWO)
    told.until = threading.Event()
    with ScriptedServer(told) as server:
        with pytest.raises(UnavailableError, match="no complete answer within"):
            read(side, server, seconds=1.0)
        assert len(cursors(server)) == 1
        told.until.set()


def test_a_stream_that_nobody_reads_on_gives_back_its_connection_and_its_session(side):
    with ScriptedServer(lines(BEGIN, ONE, TWO), message({}), message({"details": []})) as server:
        session = side.session(server.url)
        stream = session.changes("Customer", None, None, [])
        next(stream)
        stream.close()
        session.test()
    read_on, ended, tested = server.asked
    assert read_on.peer != ended.peer
    assert ended.target.endswith(read_on.headers["Tieline-Session"])
    assert tested.headers["Tieline-Session"] != read_on.headers["Tieline-Session"]


def test_something_else_may_be_asked_between_two_pages(side):
    script = [
        lines(BEGIN, ONE, TWO, THREE, END),
        message({"details": []}),
        message({"details": []}),
        *[message({})] * 2,
    ]
    with ScriptedServer(*script) as server:
        session = side.session(server.url)
        stream = session.changes("Customer", None, None, [])
        assert next(stream) == PAGES[0]
        session.test()
        assert list(stream) == PAGES[1:]
        session.test()
        session.close()
    streamed, between, after, *ends = server.asked
    assert between.headers["Tieline-Session"] != streamed.headers["Tieline-Session"]
    known = {streamed.headers["Tieline-Session"], between.headers["Tieline-Session"]}
    assert after.headers["Tieline-Session"] in known
    assert {asked.target.rpartition("/")[2] for asked in ends} == known


def test_after_a_whole_stream_the_connection_is_used_again(side):
    with ScriptedServer(lines(BEGIN, THREE, END), message({"details": []})) as server:
        session = side.session(server.url)
        assert list(session.changes("Customer", None, None, [])) == PAGES[2:]
        session.test()
    assert server.asked[0].peer == server.asked[1].peer


def test_a_stream_of_ever_new_cursors_has_an_end(side):
    script = lines(BEGIN, *[page_line(replace(PAGES[0], resume=str(number))) for number in range(9)], END)
    with ScriptedServer(script) as server:
        session = side.session(server.url)
        ask = partial(session._ask_stream, Stream.CHANGES, {"actor_type": "Customer", "watermark": None, "fields": []})
        call = streams.StreamCall(Stream.CHANGES, ask, lambda: 5.0, most_pages=8)
        pages = streams.pages(call, None)
        with pytest.raises(ProtocolError, match="more than 8 pages and may never end"):
            list(pages)
    assert streams.StreamCall(Stream.CHANGES, ask, lambda: 5.0).most_pages == 1_000_000
