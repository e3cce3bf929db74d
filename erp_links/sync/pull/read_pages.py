"""Pages as a pass reads them: in parts of one transaction each, as far as they are known without the hub's database."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from erp_links.mapping.compiled import CompiledMapping
from erp_links.sync.merge.delivered import Digester
from erp_links.sync.pull.translated_pages import PageTranslator, Records, Undone
from sync_connectors import Actor, Notice, Page, Rejection

RECORDS_PER_TRANSACTION = 500
"""A connector without paging yields one page of everything; it is taken over in parts of this size."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pass has come with a page.

    Attributes:
        resume: Cursor behind the page; None on the last one.
        candidate: What may become the watermark.
        total: How many records the pass will bring, where the ERP says so.
    """

    resume: str | None
    candidate: str | None
    total: int | None


@dataclass(frozen=True, slots=True)
class ReadPage:
    """One page of changes.

    Attributes:
        parts: The records, those of each transaction apart; at least one part, which may be empty.
        rejections: Records that could not be read; they belong to the last part.
    """

    parts: Sequence[Records]
    progress: Progress
    notices: tuple[Notice, ...] = ()
    rejections: tuple[Rejection, ...] = ()

    @property
    def actors(self) -> Iterator[Actor]:
        """All records."""
        return (actor for part in self.parts for actor in part.actors)

    @property
    def has_records(self) -> bool:
        """Whether the page says anything of any record."""
        return any(part.actors for part in self.parts) or bool(self.rejections)

    def translated(self, *, folded: bool) -> "ReadPage":
        """Return the page with all of its records in both forms, and where it is asked for with their texts folded."""
        parts = [part.pick(range(len(part.actors))) for part in self.parts]
        if folded:
            for part in parts:
                part.fold_texts()
        return replace(self, parts=parts)


class PageReader:
    """Looks at pages of one actor type: content hashes now, and translation when it is asked for."""

    def __init__(self, mapping: CompiledMapping) -> None:
        """Take the mapping."""
        self._digester = Digester(mapping)
        self._translator = PageTranslator(mapping)

    def read(self, page: Page) -> ReadPage:
        """Return a page as a pass takes it."""
        starts = range(0, max(len(page.actors), 1), RECORDS_PER_TRANSACTION)
        parts = [self.records(page.actors[start : start + RECORDS_PER_TRANSACTION]) for start in starts]
        progress = Progress(page.resume, page.watermark, page.total)
        return ReadPage(parts, progress, page.notices, page.rejections)

    def records(self, actors: Sequence[Actor]) -> Records:
        """Return records that are taken over together."""
        return Undone(self._digester.look_at(actors), self._translator)
