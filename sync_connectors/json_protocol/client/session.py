"""A session on a link of a connector behind a server."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from sync_connectors.contract.actors import Actor, ActorReference, ActorType
from sync_connectors.contract.answers import Actors, Deletions, Page, Saved, Tested
from sync_connectors.contract.connector import LinkSession
from sync_connectors.contract.errors import ProtocolError, UnavailableError
from sync_connectors.contract.fields import Field
from sync_connectors.contract.search import Restriction
from sync_connectors.json_protocol.calls import SESSION_CALLS, STREAM_ARGUMENTS, arguments_to_json
from sync_connectors.json_protocol.client.failures import malformed
from sync_connectors.json_protocol.client.served import ServedSessions
from sync_connectors.json_protocol.client.streams import StreamCall, pages
from sync_connectors.json_protocol.client.transport import Caller, Lines, once_more
from sync_connectors.json_protocol.media import LINKS, Stream
from sync_connectors.json_protocol.reading import MessageError

_WRITES = frozenset({"create", "save"})


class RemoteSession(LinkSession):
    """Answers for one link of the connector that a server serves.

    The server opens its session with the first call, so that nothing is sent before anything is asked.
    """

    def __init__(self, caller: Caller, guid: str) -> None:
        self._caller = caller
        self._link = f"{LINKS}/{guid}"
        self._served = ServedSessions(caller, self._link)

    def close(self) -> None:
        with self._caller.token.hidden():
            self._served.close()

    def test(self) -> Tested:
        tested: Tested = self._call("test")
        return tested

    def actor_types(self) -> Sequence[ActorType]:
        types: Sequence[ActorType] = self._call("actor-types")
        return types

    def fields(self, actor_type: str) -> Sequence[Field]:
        fields: Sequence[Field] = self._call("fields", actor_type=actor_type)
        return fields

    def searchable_fields(self, actor_type: str) -> Sequence[str]:
        keys: Sequence[str] = self._call("searchable-fields", actor_type=actor_type)
        return keys

    def get(self, actor_type: str, keys: Sequence[str], fields: Sequence[str]) -> Actors:
        return self._actors("get", actor_type=actor_type, keys=keys, fields=fields)

    def search(self, actor_type: str, text: str, fields: Sequence[str]) -> Actors:
        return self._actors("search", actor_type=actor_type, text=text, fields=fields)

    def search_advanced(self, actor_type: str, restrictions: Sequence[Restriction], fields: Sequence[str]) -> Actors:
        return self._actors("search-advanced", actor_type=actor_type, restrictions=restrictions, fields=fields)

    def search_by_parent(self, actor_type: str, text: str, parent: ActorReference, fields: Sequence[str]) -> Actors:
        return self._actors("search-by-parent", actor_type=actor_type, text=text, parent=parent, fields=fields)

    def create(self, actor: Actor) -> Actor:
        created: Actor = self._call("create", actor=actor)
        return created

    def save(self, actors: Sequence[Actor]) -> Saved:
        saved: Saved = self._call("save", actors=actors)
        return saved

    def list_items(self, list_name: str) -> Mapping[str, str]:
        items: Mapping[str, str] = self._call("list-items", list_name=list_name)
        return items

    def list_items_by_key(self, list_name: str, keys: Sequence[str]) -> Mapping[str, str]:
        items: Mapping[str, str] = self._call("list-items-by-key", list_name=list_name, keys=keys)
        return items

    def changes(
        self, actor_type: str, watermark: str | None, resume: str | None, fields: Sequence[str]
    ) -> Iterator[Page]:
        return self._stream(Stream.CHANGES, resume, actor_type=actor_type, watermark=watermark, fields=fields)

    def deletions(self, actor_type: str, watermark: str | None, resume: str | None) -> Iterator[Deletions]:
        return self._stream(Stream.DELETIONS, resume, actor_type=actor_type, watermark=watermark)

    def _actors(self, path: str, **arguments: Any) -> Actors:
        actors: Actors = self._call(path, **arguments)
        return actors

    def _call(self, path: str, **arguments: Any) -> Any:
        call = SESSION_CALLS[path]
        message = _written(lambda: call.arguments_to_json(arguments))
        ask = partial(self._ask, path, message)
        with self._caller.token.hidden():
            answer = ask() if path in _WRITES else once_more(ask)
            try:
                return call.answer_from_json(answer)
            except MessageError as error:
                raise malformed(self._caller.host, f"{path}: {error}") from error

    def _ask(self, path: str, message: Mapping[str, Any]) -> dict[str, Any]:
        served = self._served.take()
        try:
            answer = self._caller.ask("POST", f"{self._link}/{path}", message, served.headers())
        except UnavailableError:
            self._served.drop(served)  # the server may still be at it
            raise
        except BaseException:
            self._served.give_back(served)
            raise
        self._served.give_back(served)
        return answer

    def _stream(self, stream: Stream, resume: str | None, **arguments: Any) -> Iterator[Any]:
        call = StreamCall(stream, partial(self._ask_stream, stream, arguments), self._caller.remaining)
        with self._caller.token.hidden():
            yield from pages(call, resume)

    def _ask_stream(self, stream: Stream, arguments: Mapping[str, Any], cursor: str | None) -> Lines:
        asked = {**arguments, "resume": cursor}
        message = _written(lambda: arguments_to_json(STREAM_ARGUMENTS[stream], asked))
        served = self._served.take()

        def ended(is_whole: bool) -> None:
            self._served.give_back(served) if is_whole else self._served.drop(served)

        return self._caller.stream(f"{self._link}/{stream.value}", message, served.headers(), ended)


def _written(write: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return write()
    except ValueError as error:
        raise ProtocolError(f"what was to be sent has no JSON form: {error}") from error
