"""Streams of pages that go on where they broke off."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sync_connectors.contract.answers import Deletions, Page
from sync_connectors.contract.errors import UnavailableError
from sync_connectors.json_protocol.client.failures import TROUBLED, BrokenLineError, malformed
from sync_connectors.json_protocol.client.transport import Lines
from sync_connectors.json_protocol.media import MOST_PAGES, Stream
from sync_connectors.json_protocol.pages import END, check_beginning, read_line
from sync_connectors.json_protocol.reading import MessageError

MOST_TRIES = 3
"""How often a stream is asked for again without a new page in between."""
PAUSES = (0.0, 0.5, 2.0)
"""Seconds before each of these tries: a server that is being started anew needs some."""


@dataclass(frozen=True, slots=True)
class StreamCall:
    """How to get a stream.

    Attributes:
        ask: Asks for it from a cursor on; each call is one request.
        remaining: Seconds that the page in hand may still take.
        wait: Waits so many seconds.
        most_pages: After so many the stream is taken for one without an end.
    """

    stream: Stream
    ask: Callable[[str | None], Lines]
    remaining: Callable[[], float]
    wait: Callable[[float], None] = time.sleep
    most_pages: int = MOST_PAGES


def pages(call: StreamCall, resume: str | None) -> Iterator[Any]:
    """Yield the pages of a stream behind a cursor.

    Raises:
        UnavailableError: It broke off and cannot be gone on with.
        ConnectorError: The server told so, or a line is none of the protocol.
    """
    reading = _Reading(call, resume)
    try:
        while (page := reading.next_page()) is not END:
            yield page
    finally:
        reading.close()


class _Reading:
    """A stream at one place of it."""

    def __init__(self, call: StreamCall, resume: str | None) -> None:
        self._call = call
        self._cursor = resume
        self._is_last = False
        self._pages = 0
        self._lines: Lines | None = None

    def next_page(self) -> Page | Deletions | None:
        """Return the next page, or `END`; where the stream breaks off it is asked for again."""
        failure: UnavailableError | None = None
        for attempt in range(MOST_TRIES + 1):
            if failure is not None:
                self._pause(PAUSES[attempt - 1], failure)
            try:
                self._lines = self._lines or self._begin()
                return self._page(self._lines)
            except UnavailableError as error:
                if failure is None and not isinstance(error, BrokenLineError):
                    raise
                failure = error
                self.close()
                if self._is_last:
                    raise UnavailableError(
                        f"{error.text}, and its last page does not say where to go on",
                        instruction=error.instruction,
                        technical=error.technical,
                    ) from error
        raise failure or UnavailableError("the stream broke off")

    def close(self) -> None:
        """Give up the answer in hand."""
        if self._lines is not None:
            self._lines.close()
            self._lines = None

    def _begin(self) -> Lines:
        lines = self._call.ask(self._cursor)
        try:
            check_beginning(self._call.stream, _whole(lines))
        except MessageError as error:
            lines.close()
            raise malformed(lines.host, str(error)) from error
        except BaseException:
            lines.close()
            raise
        return lines

    def _page(self, lines: Lines) -> Page | Deletions | None:
        line = _whole(lines)
        try:
            page = read_line(self._call.stream, line)
            lines.token.refuse_in(line)
        except MessageError as error:
            raise malformed(lines.host, str(error)) from error
        if page is END:
            lines.end()
            return page
        self._pages += 1
        if self._pages > self._call.most_pages:
            raise malformed(lines.host, f"its stream has more than {self._call.most_pages} pages and may never end")
        self._cursor = page.resume
        self._is_last = page.resume is None
        return page

    def _pause(self, seconds: float, failure: UnavailableError) -> None:
        if seconds >= self._call.remaining():
            raise failure
        self._call.wait(seconds)


def _whole(lines: Lines) -> bytes:
    line = lines.next_line()
    if line is None:
        raise BrokenLineError(f"the stream of {lines.host} broke off", instruction=TROUBLED)
    return line
