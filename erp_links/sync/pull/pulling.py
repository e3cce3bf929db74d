"""A pull: one pass of pages over one actor type."""

import threading
from collections.abc import Iterator

from erp_links.sync.passes import OpenPass, begin_anew, complete_pass
from erp_links.sync.permit import RunPermit, ShutDownError
from erp_links.sync.pull.pages import PageTaker, Progress, Reached
from erp_links.sync.pull.prefetching import Prefetched
from host.database import Database
from sync_connectors import LinkSession, NoticeLevel, Page, ProtocolError

RECORDS_PER_TRANSACTION = 500
"""A connector without paging yields one page of everything; it is taken over in parts of this size."""


class Pull:
    """Reads what changed in the ERP since the watermark of a pass, and takes it over.

    Attributes:
        warnings: What the connector warned of, each text once.
        is_conclusive: False when a page came with a warning and nothing else: then nothing is known (spec C-24).
    """

    def __init__(
        self,
        database: Database,
        permit: RunPermit,
        link_session: LinkSession,
        taker: PageTaker,
        open_pass: OpenPass,
        stopping: threading.Event,
        reached: Reached,
    ) -> None:
        """Take what the pass works with; `stopping` ends it after the page in hand."""
        self._database = database
        self._permit = permit
        self._link_session = link_session
        self._taker = taker
        self._pass = open_pass
        self._stopping = stopping
        self._reached = reached
        self._cursors: set[str | None] = set()
        self.warnings: list[str] = []
        self.is_conclusive = True

    def run(self, fields: tuple[str, ...]) -> None:
        """Take all pages over, then let the watermark move; an inconclusive pass stays open and begins anew.

        Raises:
            ConnectorError: What the connector raised; the pages before it stay, and the pass stays open.
            RunEndedError: The run may not go on; likewise.
        """
        resumed = self._pass.resume is not None
        before = self._pass.counts["read"]
        try:
            self._read(fields)
        except ProtocolError:
            if not resumed or self._pass.counts["read"] != before:
                raise
            # a cursor that has expired is told as a protocol error; what was taken over counts as equal this time
            with self._database.writing() as session:
                self._permit.assert_wanted(session)
                begin_anew(session, self._pass)
            self._read(fields)
        with self._database.writing() as session:
            self._permit.assert_wanted(session)
            if self.is_conclusive:
                complete_pass(session, self._pass)
            else:
                begin_anew(session, self._pass)
        self._reached("pass completed")

    def _read(self, fields: tuple[str, ...]) -> None:
        self._cursors = {self._pass.resume} - {None}
        pages = self._link_session.changes(self._pass.actor_type, self._pass.watermark, self._pass.resume, fields)
        with Prefetched(pages) as fetched:
            for page in fetched:
                self._reached("page fetched")
                self._check(page)
                self._note(page)
                self._take(page)
                if self._stopping.is_set() and page.resume is not None:
                    raise ShutDownError("the worker stops")

    def _check(self, page: Page) -> None:
        keys = {actor.key for actor in page.actors}
        if len(keys) != len(page.actors):
            raise ProtocolError(f"{self._pass.actor_type}: a page names a record twice")
        if page.resume is None:
            return
        if page.resume in self._cursors:
            raise ProtocolError(
                f"{self._pass.actor_type}: the cursor of a page does not advance",
                technical=f"cursor {page.resume[:200]!r} came twice in one pass",
            )
        self._cursors.add(page.resume)

    def _note(self, page: Page) -> None:
        texts = [notice.text for notice in page.notices if notice.level is NoticeLevel.WARNING]
        self.warnings.extend(text for text in dict.fromkeys(texts) if text not in self.warnings)
        if texts and not page.actors and not page.rejections:
            self.is_conclusive = False

    def _take(self, page: Page) -> None:
        if not page.actors and not page.rejections and page.resume is None:
            # nothing changed, so nothing is written but the end of the pass
            self._pass.watermark_candidate = page.watermark or self._pass.watermark_candidate
            return
        parts = list(_parts(page))
        for part in parts[:-1]:
            self._taker.take(part.actors)
        last = parts[-1]
        self._taker.take(last.actors, page.rejections, Progress(page.resume, page.watermark, page.total))


def _parts(page: Page) -> Iterator[Page]:
    for start in range(0, max(len(page.actors), 1), RECORDS_PER_TRANSACTION):
        yield Page(page.actors[start : start + RECORDS_PER_TRANSACTION])
