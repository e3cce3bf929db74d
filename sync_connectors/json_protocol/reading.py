"""Bytes of a message to its JSON and back, and the checks of what both ends read from it.

Numbers beyond 64 bits become floats, which no field holds.
"""

from collections.abc import Callable, Mapping
from json import JSONDecoder
from typing import Any, TypeVar

import orjson

from sync_connectors.json_protocol.media import DEEPEST_NESTING, LARGEST_MESSAGE, MOST_CONTAINERS, MOST_VALUES

_Read = TypeVar("_Read")
_NESTED = {dict, list}


class MessageError(ValueError):
    """A message is not of the protocol; the words say what of it, and never repeat a value."""


def encode(message: Mapping[str, Any]) -> bytes:
    """Return the bytes of a message, without line breaks.

    Raises:
        MessageError: It holds what has no JSON: a number beyond 64 bits, or half of a surrogate pair.
    """
    try:
        return orjson.dumps(message, option=orjson.OPT_PASSTHROUGH_DATETIME)
    except TypeError as error:
        raise MessageError(f"a value has no JSON form: {error}") from None


def decode(body: bytes) -> dict[str, Any]:
    """Return the object of a message.

    Raises:
        MessageError: It is no JSON object in UTF-8, is too large or too deep to be one of the protocol, or has an
            object that names a member twice.
    """
    if len(body) > LARGEST_MESSAGE:
        raise MessageError(f"it is larger than {LARGEST_MESSAGE // 2**20} MiB")
    if body.count(b",") > MOST_VALUES or body.count(b"{") + body.count(b"[") > MOST_CONTAINERS:
        raise MessageError("it holds too many values")
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise MessageError("it is no JSON") from None  # the cause quotes the whole body
    if not isinstance(message, dict):
        raise MessageError("it is no JSON object")
    if _is_deeper(message, DEEPEST_NESTING):
        raise MessageError(f"it is nested more than {DEEPEST_NESTING} deep")
    # what is written again as it came has lost nothing; only the form of other writers is looked at more closely
    if orjson.dumps(message) != body:
        _MEMBERS.decode(body.decode())
    return message


def read_text(json: Any, what: str) -> str:
    """Return a text.

    Raises:
        MessageError: It is none; likewise of the functions below.
    """
    if not isinstance(json, str):
        raise _no(what, "text")
    return json


def read_optional_text(json: Any, what: str) -> str | None:
    """Return a text or None."""
    return None if json is None else read_text(json, what)


def read_list(json: Any, what: str) -> list[Any]:
    """Return a list."""
    if not isinstance(json, list):
        raise _no(what, "list")
    return json


def read_texts(json: Any, what: str) -> list[str]:
    """Return a list of texts."""
    texts: list[str] = read_list(json, what)
    if not set(map(type, texts)) <= {str}:
        raise _no(what, "list of texts")
    return texts


def read_object(json: Any, what: str) -> dict[str, Any]:
    """Return an object."""
    if not isinstance(json, dict):
        raise _no(what, "object")
    return json


def read_pairs(json: Any, what: str) -> dict[str, str]:
    """Return the mapping of a list of pairs of texts, in its order."""
    pairs = read_list(json, what)
    if not all(isinstance(pair, list) and len(pair) == 2 and set(map(type, pair)) == {str} for pair in pairs):
        raise _no(what, "list of pairs of texts")
    return dict(pairs)


def read_each(json: Any, what: str, read: Callable[[Any], _Read]) -> tuple[_Read, ...]:
    """Return what a reader makes of each object of a list; whatever it stumbles over is the message's fault."""
    try:
        return tuple(read(one) for one in read_list(json, what))
    except (KeyError, ValueError, TypeError, AttributeError):
        raise MessageError(f"{what} is malformed") from None


def _no(what: str, wanted: str) -> MessageError:
    return MessageError(f"{what} is no {wanted}")


def _refuse_repetition(members: list[tuple[str, Any]]) -> None:
    if len(dict(members)) != len(members):
        raise MessageError("it has an object that names a member twice")


_MEMBERS = JSONDecoder(object_pairs_hook=_refuse_repetition, parse_int=len, parse_float=len)
"""Looks at the members of objects only: what a number of many digits stands for would take long to find out."""


def _is_deeper(json: Any, levels: int) -> bool:
    """Return whether lists and objects lie in one another more than so many deep; scalars are skipped unseen."""
    inner = json.values() if isinstance(json, dict) else json
    if _NESTED.isdisjoint(map(type, inner)):
        return False
    if levels == 1:
        return True
    return any(_is_deeper(one, levels - 1) for one in inner if type(one) in _NESTED)
