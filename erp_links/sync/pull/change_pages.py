"""Where the pages of a pass come from: this process, and where much is to come one of its own."""

import logging
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Protocol

from erp_links.sync.pull.read_pages import PageReader, ReadPage
from sync_connectors import LinkSession

log = logging.getLogger(__name__)

WORTH_RECORDS = 2_000
"""With fewer still to come, a process of their own takes longer to begin than they do."""


class ElsewhereEndedError(Exception):
    """The other process ended, or did not begin, without an answer of the connector; the text says why."""


class Elsewhere(Protocol):
    """Another process that reads pages."""

    def read(self, watermark: str | None, resume: str) -> Iterator[ReadPage]:
        """Yield the pages behind a cursor.

        Raises:
            ConnectorError: What the connector raised there.
            ElsewhereEndedError: The process is gone; the pages that came are whole.
        """


class ChangePages:
    """The pages of changes of one actor type.

    To decode, check and translate records takes as long as to write them, and Python lets one thread of a process
    compute at a time. So behind the first pages, where many are to come, another process reads them.
    """

    def __init__(
        self, link_session: LinkSession, reader: PageReader, actor_type: str, elsewhere: Elsewhere | None = None
    ) -> None:
        """Take the session and the reader of this process; without `elsewhere` they read everything."""
        self._link_session = link_session
        self._reader = reader
        self._actor_type = actor_type
        self._elsewhere = elsewhere

    def read(self, watermark: str | None, resume: str | None, fields: tuple[str, ...]) -> Iterator[ReadPage]:
        """Yield the pages since a watermark, or behind a cursor.

        Raises:
            ConnectorError: What the connector raised.
        """
        seen = 0
        with closing(self._here(watermark, resume, fields)) as pages:
            for page in pages:
                yield page
                resume = page.progress.resume
                seen += sum(len(part.actors) for part in page.parts)
                if resume is not None and self._elsewhere and _still_to_come(page, seen) >= WORTH_RECORDS:
                    break
            else:
                return
        yield from self._read_elsewhere(self._elsewhere, watermark, resume, fields)

    def _here(self, watermark: str | None, resume: str | None, fields: tuple[str, ...]) -> Generator[ReadPage]:
        for page in self._link_session.changes(self._actor_type, watermark, resume, fields):
            yield self._reader.read(page)

    def _read_elsewhere(
        self, elsewhere: Elsewhere, watermark: str | None, resume: str, fields: tuple[str, ...]
    ) -> Iterator[ReadPage]:
        behind = resume
        try:
            for page in elsewhere.read(watermark, resume):
                yield page
                behind = page.progress.resume or behind
        except ElsewhereEndedError as error:
            log.warning("the pages are read in this process: %s", error)
            yield from self._here(watermark, behind, fields)


def _still_to_come(page: ReadPage, seen: int) -> int:
    """Return how many records are still to come; as many as came where nobody tells."""
    return seen if page.progress.total is None else page.progress.total - seen
