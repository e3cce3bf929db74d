"""Lines of a stream."""

import pytest

from sync_connectors import Deletions, Notice, NoticeLevel, Page, Rejection, UnknownLinkError
from sync_connectors.json_protocol.media import Stream
from sync_connectors.json_protocol.pages import (
    END,
    beginning,
    check_beginning,
    end_line,
    error_line,
    page_line,
    read_line,
)
from sync_connectors.json_protocol.reading import MessageError
from tests.sync_connectors.json_protocol.samples import ORDER, PERSON, SPARSE
from tests.sync_connectors.json_protocol.schema import checked

PAGES = [
    Page((PERSON, ORDER, SPARSE), "cursor\n1", "2026", 7, (Notice(NoticeLevel.WARNING, "x"),), (Rejection("9", "no"),)),
    Page((), resume="", watermark="", total=0),
    Page((PERSON,)),
]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_changes_is_one_line_and_exact(page):
    line = page_line(page)
    assert line.count(b"\n") == 1
    checked("changes.page", line)
    assert read_line(Stream.CHANGES, line) == page


@pytest.mark.parametrize("page", [Deletions(("1", "ä")), Deletions((), "cursor", "mark")])
def test_a_page_of_deletions_is_exact(page):
    line = page_line(page)
    checked("deletions.page", line)
    assert read_line(Stream.DELETIONS, line) == page


def test_a_stream_begins_and_ends_by_the_schema():
    for stream in Stream:
        checked("stream.beginning", beginning(stream))
        check_beginning(stream, beginning(stream))
    checked("stream.end", end_line())
    assert read_line(Stream.CHANGES, end_line()) is END
    with pytest.raises(MessageError, match="does not begin as a stream of changes"):
        check_beginning(Stream.CHANGES, beginning(Stream.DELETIONS))


def test_a_stream_may_end_with_an_error():
    line = error_line(UnknownLinkError("who?"))
    checked("error", line)
    with pytest.raises(UnknownLinkError, match="who"):
        read_line(Stream.CHANGES, line)


@pytest.mark.parametrize(
    "line", [b"{}", b'{"end": false}', b'{"page": 1}', b'{"page": {}}', b'{"page": {"records": {}, "total": true}}']
)
@pytest.mark.parametrize("stream", Stream)
def test_a_line_of_something_else_is_refused(stream, line):
    with pytest.raises(MessageError):
        read_line(stream, line)


def test_the_same_page_twice_is_written_the_same():
    assert page_line(PAGES[0]) == page_line(PAGES[0])
