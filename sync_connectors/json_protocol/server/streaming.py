"""A stream of pages as bytes that leave one page at a time."""

import logging
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context

from sync_connectors.contract.answers import Deletions, Page
from sync_connectors.contract.errors import ConnectorError, ProtocolError
from sync_connectors.json_protocol.media import Stream
from sync_connectors.json_protocol.pages import beginning, end_line, error_line, page_line
from sync_connectors.json_protocol.server.underway import CallsUnderWay

_GZIP = 16 + zlib.MAX_WBITS
_FAST = 1
_logger = logging.getLogger(__name__)


def lines(stream: Stream, pages: Iterator[Page | Deletions], calls: CallsUnderWay) -> Iterator[bytes]:
    """Yield the lines of a stream; each holds one whole page.

    When the server is told to stop, the stream ends after the page in hand and without its last line: the caller asks
    again, with the cursor of that page, whoever serves it then.

    While a page is written and sent, the ERP is already asked for the next one.

    The pages are asked for in the context in which this was called: the log tells of the same request, and keeps the
    same secrets.
    """
    context = copy_context()

    def told() -> Iterator[bytes]:
        count = 0
        yield beginning(stream)
        try:
            # at its end it waits for the page that was asked for ahead, which comes within the deadline of a call
            with ThreadPoolExecutor(1, "next page") as ahead:

                def ask() -> Future[Page | Deletions | None]:
                    return ahead.submit(context.copy().run, _next, pages)

                asked = ask()
                while not calls.stopping and (page := asked.result()) is not None:
                    asked = ask()
                    yield context.run(_line, page)
                    count += 1
            if not calls.stopping:
                yield end_line()
        except ConnectorError as error:
            yield error_line(error)
        finally:
            context.run(_logger.info, "a stream of %s has ended after %s pages", stream.value, count)
            context.run(pages.close)  # type: ignore[attr-defined]  # a generator of the guard's

    return told()


def packed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield chunks in gzip, each so that its reader need not wait for the next one."""
    packer = zlib.compressobj(_FAST, zlib.DEFLATED, _GZIP)
    try:
        for chunk in chunks:
            yield packer.compress(chunk) + packer.flush(zlib.Z_SYNC_FLUSH)
        yield packer.flush()
    finally:
        chunks.close()  # type: ignore[attr-defined]  # a generator of ours


def _next(pages: Iterator[Page | Deletions]) -> Page | Deletions | None:
    return next(pages, None)


def _line(page: Page | Deletions) -> bytes:
    try:
        return page_line(page)
    except ValueError as error:
        raise ProtocolError(f"the connector answers what cannot be sent: {error}") from error
