"""Reading the pages of a pass in a process of its own: what it is told, what it does, and what comes back."""

import logging
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from erp_links.links.connecting import open_link
from erp_links.mapping.compiled import ListTexts
from erp_links.mapping.models import LinkActorType
from erp_links.runtime import Context, LinkRuntime
from erp_links.sync.pairings import any_pairings
from erp_links.sync.preparing import compiled
from erp_links.sync.pull.change_pages import ElsewhereEndedError
from erp_links.sync.pull.read_pages import PageReader, ReadPage
from host.errors import TielineError
from host.jobs.companion import Companion, CompanionError, Work
from host.logs import bind
from sync_connectors import ConnectorError
from sync_connectors.guarding import HaltedError, present_halt
from sync_connectors.json_protocol.errors import error_from_json, error_to_json

log = logging.getLogger(__name__)

_MORE_SECONDS = 30.0
"""What a page may take beside the connector's call."""


class _Kind(Enum):
    PAGE = "page"
    ERROR = "error"
    UNABLE = "unable"


_Answer = tuple[_Kind, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be read.

    Attributes:
        texts: Display texts of the ERP's lists that the run knows.
        fingerprint: Of the mapping by which the pass translates.
        fields: Keys of the ERP's fields that are asked for.
    """

    run_id: int
    link_id: int
    actor_type_id: int
    actor_type: str
    texts: ListTexts
    fingerprint: bytes
    fields: tuple[str, ...]
    watermark: str | None = None
    resume: str | None = None


class ReadingProcess:
    """Has the pages of one actor type read by the companion of the worker."""

    def __init__(self, companion: Companion, order: Order, call_seconds: float) -> None:
        """Take what is to be read, and the deadline of a connector's call in seconds."""
        self._companion = companion
        self._order = order
        self._seconds = call_seconds + _MORE_SECONDS

    def read(self, watermark: str | None, resume: str) -> Iterator[ReadPage]:
        """Yield the pages behind a cursor.

        Raises:
            ConnectorError: What the connector raised there.
            ElsewhereEndedError: The process is gone, or cannot begin; the pages that came are whole.
            HaltedError: This process stops.
        """
        order = replace(self._order, watermark=watermark, resume=resume)
        try:
            for kind, told in self._companion.ask(order, self._seconds, self._halt):
                match kind:
                    case _Kind.PAGE:
                        yield told
                    case _Kind.ERROR:
                        raise error_from_json(told)
                    case _Kind.UNABLE:
                        raise ElsewhereEndedError(told)
        except CompanionError as error:
            raise ElsewhereEndedError(str(error)) from error

    def _halt(self) -> None:
        halt = present_halt()
        if halt is not None and halt.is_over:
            raise HaltedError(self._order.actor_type)


def reading(runtime: LinkRuntime, context: Context) -> Work:
    """Return what a companion does that reads pages."""

    def work(order: Order) -> Generator[_Answer]:
        with context(), bind(run_id=str(order.run_id)):
            yield from _answers(runtime, order)

    return work


def _answers(runtime: LinkRuntime, order: Order) -> Generator[_Answer]:
    is_open = False
    try:
        with runtime.database.reading() as session:
            mapping = compiled(session, runtime, session.get_one(LinkActorType, order.actor_type_id), order.texts)
            # what is known mostly stays as it is
            is_new = not any_pairings(session, order.link_id, order.actor_type)
        if mapping.fingerprint != order.fingerprint:
            yield _Kind.UNABLE, "the mapping has changed meanwhile"
            return
        pages = PageReader(mapping)
        try:
            with open_link(runtime, order.link_id, runtime.settings.sync_call_seconds) as session:
                for page in session.changes(order.actor_type, order.watermark, order.resume, order.fields):
                    is_open = True
                    yield _Kind.PAGE, pages.read(page).translated(folded=is_new)
        finally:
            runtime.tracer.write()  # nothing else of this process does
    except ConnectorError as error:
        # whoever cannot open a second session can still read with the first
        yield (_Kind.ERROR, error_to_json(error)) if is_open else (_Kind.UNABLE, error.text)
    except TielineError as error:
        yield _Kind.UNABLE, error.text
