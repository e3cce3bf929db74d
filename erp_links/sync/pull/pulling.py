"""A pull: one pass of pages over one actor type."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy.exc import DBAPIError

from erp_links.sync.passes import OpenPass, begin_anew, complete_pass
from erp_links.sync.permit import ShutDownError
from erp_links.sync.pull.bulk_load import BulkLoad
from erp_links.sync.pull.change_pages import ChangePages
from erp_links.sync.pull.pages import PageTaker, Sifted
from erp_links.sync.pull.prefetching import MOST_AHEAD, Prefetched
from erp_links.sync.pull.read_pages import ReadPage
from erp_links.sync.pull.translated_pages import Records
from erp_links.sync.run_in_hand import RunInHand
from sync_connectors import ProtocolError, Rejection

log = logging.getLogger(__name__)


class Pull:
    """Reads what changed in the ERP since the watermark of a pass, and takes it over.

    Attributes:
        is_conclusive: False when a page came with a warning and nothing else: then nothing is known (spec C-24).
    """

    def __init__(
        self, run: RunInHand, open_pass: OpenPass, pages: ChangePages, taker: PageTaker, load: BulkLoad
    ) -> None:
        """Take the pass, where its pages come from, what takes them over, and what the hub does without meanwhile."""
        self._run = run
        self._pass = open_pass
        self._pages = pages
        self._taker = taker
        self._load = load
        self._cursors: set[str | None] = set()
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
            with self._run.database.writing() as session:
                self._run.permit.assert_wanted(session)
                begin_anew(session, self._pass)
            self._read(fields)
        with self._run.database.writing() as session:
            at = self._run.permit.assert_wanted(session)
            if self.is_conclusive:
                complete_pass(session, self._pass, at)
            else:
                begin_anew(session, self._pass)
        self._run.reached("pass completed")

    def _read(self, fields: tuple[str, ...]) -> None:
        self._cursors = {self._pass.resume} - {None}
        pages = self._pages.read(self._pass.watermark, self._pass.resume, fields)
        with self._load, Prefetched(self._looked_at(pages)) as fetched:
            for page, sifted in fetched:
                self._run.reached("page fetched")
                if not self._run.warnings.concludes(page.notices, has_records=page.has_records):
                    self.is_conclusive = False
                self._load.begin(page)
                self._take(page, sifted, fetched.go_on)
                if self._run.stopping.is_set() and page.progress.resume is not None:
                    raise ShutDownError("the worker stops")

    def _looked_at(self, pages: Iterator[ReadPage]) -> Iterator[tuple[ReadPage, Sequence[Sifted | None]]]:
        """Yield the pages with their parts sifted, while those before them are written.

        What has a record in common with a page that may not be written yet is looked at when its turn comes.
        """
        unwritten: deque[set[str]] = deque(maxlen=MOST_AHEAD)
        for page in pages:
            keys = self._checked_keys(page)
            is_apart = all(keys.isdisjoint(others) for others in unwritten)
            unwritten.append(keys)
            yield page, [self._sift(*part) if is_apart else None for part in _with_rejections(page)]

    def _sift(self, part: Records, rejections: Sequence[Rejection]) -> Sifted | None:
        try:
            return self._taker.sift(part, rejections)
        except DBAPIError as error:
            log.info("a page is looked at again when its turn comes: %s", error)
            return None

    def _checked_keys(self, page: ReadPage) -> set[str]:
        told = [actor.key for actor in page.actors]
        keys, resume = set(told), page.progress.resume
        if len(keys) != len(told):
            raise ProtocolError(f"{self._pass.actor_type}: a page names a record twice")
        if resume is not None and resume in self._cursors:
            raise ProtocolError(
                f"{self._pass.actor_type}: the cursor of a page does not advance",
                technical=f"cursor {resume[:200]!r} came twice in one pass",
            )
        self._cursors.add(resume)
        return keys

    def _take(self, page: ReadPage, sifted: Sequence[Sifted | None], meanwhile: Callable[[], None]) -> None:
        if not page.has_records and page.progress.resume is None:
            # nothing changed, so nothing is written but the end of the pass
            self._pass.watermark_candidate = page.progress.candidate or self._pass.watermark_candidate
            return
        *parts, last = zip(page.parts, sifted, strict=True)
        for part, part_sifted in parts:
            self._taker.take(part, sifted=part_sifted)
        self._taker.take(last[0], page.rejections, page.progress, last[1], meanwhile)


def _with_rejections(page: ReadPage) -> Iterator[tuple[Records, Sequence[Rejection]]]:
    """Yield the parts of a page; what could not be read belongs to the last."""
    *parts, last = page.parts
    yield from ((part, ()) for part in parts)
    yield last, page.rejections
