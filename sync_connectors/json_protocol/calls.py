"""Every call of the contract as a pair of messages: its arguments by name, and its answer.

Both ends work from this table: the client writes arguments and reads the answer, the server does the reverse.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sync_connectors.codec import actor_type_from_json, actor_type_to_json, field_from_json, field_to_json
from sync_connectors.json_protocol import messages
from sync_connectors.json_protocol.media import Stream
from sync_connectors.json_protocol.reading import read_each, read_optional_text, read_text, read_texts
from sync_connectors.json_protocol.records import records_from_json, records_to_json

_Writer = Callable[[Any], Any]
_Reader = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    Attributes:
        method: Name of the contract's method.
        path: Last part of the address.
        arguments: Their names, on the wire as in the contract.
        answer_to_json: From what the method returns; `answer_from_json` is its reverse.
    """

    method: str
    path: str
    arguments: tuple[str, ...]
    answer_to_json: Callable[[Any], dict[str, Any]]
    answer_from_json: Callable[[Mapping[str, Any]], Any]

    def arguments_to_json(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the request that carries the arguments.

        Raises:
            ValueError: A value has no JSON form.
        """
        return arguments_to_json(self.arguments, values)

    def arguments_from_json(self, json: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a request, by name; what else it holds is ignored.

        Raises:
            MessageError: One is missing or malformed.
        """
        return arguments_from_json(self.arguments, json)


def arguments_to_json(names: tuple[str, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments as JSON, by name."""
    return {name: _ARGUMENTS[name][0](values[name]) for name in names}


def arguments_from_json(names: tuple[str, ...], json: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of these names.

    Raises:
        MessageError: One is missing or malformed.
    """
    return {name: _ARGUMENTS[name][1](json.get(name)) for name in names}


def _as_it_is(value: Any) -> Any:
    return value


def _text(name: str) -> tuple[_Writer, _Reader]:
    return _as_it_is, lambda json: read_text(json, name)


def _optional_text(name: str) -> tuple[_Writer, _Reader]:
    return _as_it_is, lambda json: read_optional_text(json, name)


def _texts(name: str) -> tuple[_Writer, _Reader]:
    return list, lambda json: read_texts(json, name)


_ARGUMENTS: Mapping[str, tuple[_Writer, _Reader]] = {
    "actor_type": _text("actor_type"),
    "keys": _texts("keys"),
    "fields": _texts("fields"),
    "text": _text("text"),
    "list_name": _text("list_name"),
    "watermark": _optional_text("watermark"),
    "resume": _optional_text("resume"),
    "restrictions": (messages.restrictions_to_json, messages.restrictions_from_json),
    "parent": (messages.reference_to_json, messages.reference_from_json),
    "actor": (messages.actor_to_json, messages.actor_from_json),
    "actors": (records_to_json, records_from_json),
    "configuration": (messages.configuration_to_json, messages.configuration_from_json),
    "time_zone": (lambda zone: zone.key, messages.time_zone_from_json),
}


def _declared(name: str, write: _Writer, read: _Reader) -> tuple[_Writer, _Reader]:
    return (
        lambda declared: {name: list(map(write, declared))},
        lambda json: read_each(json.get(name), name, read),
    )


def _items(answer: Mapping[str, str]) -> dict[str, Any]:
    return {"items": messages.items_to_json(answer)}


def _items_of(json: Mapping[str, Any]) -> Mapping[str, str]:
    return messages.items_from_json(json.get("items"))


_TESTED = (messages.tested_to_json, messages.tested_from_json)
_ACTORS = (messages.actors_to_json, messages.actors_from_json)
_ACTOR = (
    lambda actor: {"actor": messages.actor_to_json(actor)},
    lambda json: messages.actor_from_json(json.get("actor")),
)
_KEYS = (lambda keys: {"keys": list(keys)}, lambda json: tuple(read_texts(json.get("keys"), "keys")))
_ITEMS = (_items, _items_of)

SESSION_CALLS: Mapping[str, Call] = {
    call.path: call
    for call in (
        Call("test", "test", (), *_TESTED),
        Call("actor_types", "actor-types", (), *_declared("actor_types", actor_type_to_json, actor_type_from_json)),
        Call("fields", "fields", ("actor_type",), *_declared("fields", field_to_json, field_from_json)),
        Call("searchable_fields", "searchable-fields", ("actor_type",), *_KEYS),
        Call("get", "get", ("actor_type", "keys", "fields"), *_ACTORS),
        Call("search", "search", ("actor_type", "text", "fields"), *_ACTORS),
        Call("search_advanced", "search-advanced", ("actor_type", "restrictions", "fields"), *_ACTORS),
        Call("search_by_parent", "search-by-parent", ("actor_type", "text", "parent", "fields"), *_ACTORS),
        Call("create", "create", ("actor",), *_ACTOR),
        Call("save", "save", ("actors",), messages.saved_to_json, messages.saved_from_json),
        Call("list_items", "list-items", ("list_name",), *_ITEMS),
        Call("list_items_by_key", "list-items-by-key", ("list_name", "keys"), *_ITEMS),
    )
}
"""The calls on a link, by path: POST U/links/GUID/PATH."""

TEST_CONFIGURATION = Call("test_configuration", "test-configuration", ("configuration", "time_zone"), *_TESTED)
CONFIGURATION_LIST = Call(
    "configuration_list", "configuration-list", ("list_name", "configuration", "time_zone"), *_ITEMS
)
SAVE_LINK = Call("save_link", "links", ("configuration", "time_zone"), *_TESTED)
"""PUT U/links/GUID."""

STREAM_ARGUMENTS: Mapping[Stream, tuple[str, ...]] = {
    Stream.CHANGES: ("actor_type", "watermark", "resume", "fields"),
    Stream.DELETIONS: ("actor_type", "watermark", "resume"),
}
