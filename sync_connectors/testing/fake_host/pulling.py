"""A pull as the engine does it: page by page, each stored with its cursor."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, cast

from sync_connectors.contract.actors import Capabilities
from sync_connectors.contract.answers import NoticeLevel, Page
from sync_connectors.contract.connector import LinkSession
from sync_connectors.contract.errors import ProtocolError
from sync_connectors.testing.fake_host.dying import Moment
from sync_connectors.testing.fake_host.keeping import Kept


@dataclass
class Pulled:
    """What came in one pass, in all its sessions.

    Attributes:
        pages: Keys of each page in the order in which the pages came.
        stored: Keys of the pages that were stored, in order, one for each time.
        warnings: Texts of warnings, each once.
        waits: Seconds that the ERP asked to wait between two tries, None where it did not say; nobody waited.
        is_conclusive: False when a page held a warning and nothing else: the pass counts for nothing and is repeated.
    """

    pages: list[tuple[str, ...]] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    waits: list[float | None] = field(default_factory=list)
    is_conclusive: bool = True

    @property
    def keys(self) -> set[str]:
        """The keys of all records that came."""
        return {key for page in self.pages for key in page}

    @property
    def repeated(self) -> set[str]:
        """Keys that came again although they were stored: allowed, and costs the ERP and the host their time."""
        return {key for key, times in Counter(self.stored).items() if times > 1}


def pull(
    session: LinkSession,
    actor_type: str,
    kept: Kept,
    fields: Sequence[str],
    reach: Callable[[Moment], None],
    pulled: Pulled,
) -> None:
    """Make one pass, or what is left of it, and tell in `pulled` what came.

    Raises:
        ConnectorError: What the connector raised; the pages before it stay.
        HostDiedError: Likewise.
    """
    resumed, pages_before = kept.resume is not None, len(pulled.pages)
    try:
        _read(session, actor_type, kept, fields, reach, pulled)
    except ProtocolError:
        if not resumed or len(pulled.pages) != pages_before:
            raise
        # a cursor that has expired is told as a protocol error
        kept.begin_anew()
        _read(session, actor_type, kept, fields, reach, pulled)
    if pulled.is_conclusive:
        kept.complete_pass()
    else:
        kept.begin_anew()


def _read(
    session: LinkSession,
    actor_type: str,
    kept: Kept,
    fields: Sequence[str],
    reach: Callable[[Moment], None],
    pulled: Pulled,
) -> None:
    pages = session.changes(actor_type, kept.watermark, kept.resume, fields)
    with closing(cast(Any, pages)):
        for page in pages:
            keys = tuple(actor.key for actor in page.actors)
            pulled.pages.append(keys)
            _note(page, pulled)
            reach(Moment.PAGE_FETCHED)
            kept.store_page(page)
            pulled.stored.extend(keys)
            reach(Moment.PAGE_STORED)


def _note(page: Page, pulled: Pulled) -> None:
    texts = [notice.text for notice in page.notices if notice.level is NoticeLevel.WARNING]
    pulled.warnings.extend(text for text in dict.fromkeys(texts) if text not in pulled.warnings)
    if texts and not page.actors and not page.rejections:
        pulled.is_conclusive = False


def read_deletions(session: LinkSession, actor_type: str, kept: Kept, capabilities: Capabilities) -> Iterator[str]:
    """Take over what was deleted since the last time; yield the keys. Its watermark moves when all pages are there."""
    if not capabilities.deletions:
        return
    watermark = kept.deletions_watermark
    for page in session.deletions(actor_type, watermark, None):
        watermark = page.watermark or watermark
        for key in page.keys:
            kept.forget(key)
            yield key
    kept.deletions_watermark = watermark
