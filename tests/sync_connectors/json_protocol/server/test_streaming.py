"""Streams as the server writes them."""

import threading

from sync_connectors import Page
from sync_connectors.json_protocol.media import Stream
from sync_connectors.json_protocol.pages import beginning, end_line, page_line
from sync_connectors.json_protocol.server.streaming import lines
from sync_connectors.json_protocol.server.underway import CallsUnderWay

PAGES = [Page((), "1"), Page((), "2"), Page(())]


def test_the_next_page_is_asked_for_while_one_is_sent():
    asked = [threading.Event() for _page in PAGES]

    def told():
        for event, page in zip(asked, PAGES, strict=True):
            event.set()
            yield page

    stream = lines(Stream.CHANGES, told(), CallsUnderWay())
    assert next(stream) == beginning(Stream.CHANGES)
    assert next(stream) == page_line(PAGES[0])
    assert asked[1].wait(60)
    assert not asked[2].is_set()
    assert list(stream) == [page_line(PAGES[1]), page_line(PAGES[2]), end_line()]


def test_a_stream_that_nobody_reads_on_closes_the_pages():
    closed = threading.Event()

    def told():
        try:
            yield from PAGES
        finally:
            closed.set()

    stream = lines(Stream.CHANGES, told(), CallsUnderWay())
    next(stream)
    next(stream)
    stream.close()
    assert closed.is_set()
