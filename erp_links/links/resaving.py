"""A session that saves its link at a connector which has forgotten it, and repeats the call exactly once (C-22)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from sync_connectors import (
    Actor,
    ActorReference,
    Actors,
    ActorType,
    Deletions,
    Field,
    LinkSession,
    Page,
    Restriction,
    Saved,
    Tested,
    UnknownLinkError,
)

Answer = TypeVar("Answer")
Part = TypeVar("Part", Page, Deletions)


class ResavingSession(LinkSession):
    """Hands every call on to another session.

    Args:
        open_session: Opens the session that answers; called once, or twice for a link that is not known.
        save_link: Makes the connector take note of the link's configuration.
    """

    def __init__(self, open_session: Callable[[], LinkSession], save_link: Callable[[], object]) -> None:
        self._save_link = save_link
        self._session = self._call(open_session)

    def close(self) -> None:
        self._session.close()

    def test(self) -> Tested:
        return self._call(self._session.test)

    def actor_types(self) -> Sequence[ActorType]:
        return self._call(self._session.actor_types)

    def fields(self, actor_type: str) -> Sequence[Field]:
        return self._call(lambda: self._session.fields(actor_type))

    def searchable_fields(self, actor_type: str) -> Sequence[str]:
        return self._call(lambda: self._session.searchable_fields(actor_type))

    def get(self, actor_type: str, keys: Sequence[str], fields: Sequence[str]) -> Actors:
        return self._call(lambda: self._session.get(actor_type, keys, fields))

    def search(self, actor_type: str, text: str, fields: Sequence[str]) -> Actors:
        return self._call(lambda: self._session.search(actor_type, text, fields))

    def search_advanced(self, actor_type: str, restrictions: Sequence[Restriction], fields: Sequence[str]) -> Actors:
        return self._call(lambda: self._session.search_advanced(actor_type, restrictions, fields))

    def search_by_parent(self, actor_type: str, text: str, parent: ActorReference, fields: Sequence[str]) -> Actors:
        return self._call(lambda: self._session.search_by_parent(actor_type, text, parent, fields))

    def create(self, actor: Actor) -> Actor:
        return self._call(lambda: self._session.create(actor))

    def save(self, actors: Sequence[Actor]) -> Saved:
        return self._call(lambda: self._session.save(actors))

    def list_items(self, list_name: str) -> Mapping[str, str]:
        return self._call(lambda: self._session.list_items(list_name))

    def list_items_by_key(self, list_name: str, keys: Sequence[str]) -> Mapping[str, str]:
        return self._call(lambda: self._session.list_items_by_key(list_name, keys))

    def changes(
        self, actor_type: str, watermark: str | None, resume: str | None, fields: Sequence[str]
    ) -> Iterator[Page]:
        return self._stream(lambda cursor: self._session.changes(actor_type, watermark, cursor, fields), resume)

    def deletions(self, actor_type: str, watermark: str | None, resume: str | None) -> Iterator[Deletions]:
        return self._stream(lambda cursor: self._session.deletions(actor_type, watermark, cursor), resume)

    def _call(self, call: Callable[[], Answer]) -> Answer:
        try:
            return call()
        except UnknownLinkError:
            self._save_link()
            return call()

    def _stream(self, begin: Callable[[str | None], Iterator[Part]], resume: str | None) -> Iterator[Part]:
        cursor = resume
        try:
            for part in begin(cursor):
                yield part
                cursor = part.resume
        except UnknownLinkError:
            self._save_link()
            yield from begin(cursor)
