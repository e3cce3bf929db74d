"""A pass over the changes of an actor type, as the host makes one."""

from collections.abc import Sequence
from dataclasses import dataclass

from sync_connectors.contract.actors import Actor
from sync_connectors.contract.answers import Page
from sync_connectors.contract.connector import LinkSession


@dataclass(frozen=True, slots=True)
class Pass:
    """The pages that came; `complete` unless reading stopped before the last one."""

    pages: tuple[Page, ...]
    complete: bool

    @property
    def records(self) -> dict[str, Actor]:
        """Each record by key, as the last page that holds it has it."""
        return {actor.key: actor for page in self.pages for actor in page.actors}

    @property
    def watermark(self) -> str | None:
        """The one that the host takes over when the pass completes."""
        return next((page.watermark for page in reversed(self.pages) if page.watermark is not None), None)


def read_pass(
    session: LinkSession,
    actor_type: str,
    watermark: str | None,
    fields: Sequence[str],
    *,
    resume: str | None = None,
    most: int | None = None,
) -> Pass:
    """Read pages until the last one, or until so many records have come."""
    pages: list[Page] = []
    count = 0
    for page in session.changes(actor_type, watermark, resume, fields):
        pages.append(page)
        count += len(page.actors)
        if page.resume is None:
            break
        if most is not None and count >= most:
            return Pass(tuple(pages), complete=False)
    return Pass(tuple(pages), complete=True)
