"""The contract's errors as JSON, and the HTTP status that goes with each."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from sync_connectors.contract.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    ProtocolError,
    RateLimitedError,
    RejectedRecordError,
    UnavailableError,
    UnknownLinkError,
)
from sync_connectors.json_protocol.reading import MessageError

CLASSES: Mapping[str, tuple[type[ConnectorError], int]] = {
    "configuration": (ConfigurationError, 422),
    "authentication": (AuthenticationError, 422),  # 401 says that the server refused the caller's own credentials
    "unavailable": (UnavailableError, 503),
    "rate_limited": (RateLimitedError, 429),
    "rejected_record": (RejectedRecordError, 409),
    "protocol": (ProtocolError, 502),
    "unknown_link": (UnknownLinkError, 404),
    "connector": (ConnectorError, 500),
}
"""Class and status by name on the wire; a subclass travels as the class of these that it is."""

_MOST_FIELDS = 100
_DEFAULTS: tuple[Any, ...] = ("", None, {})
_NAMES = {class_: name for name, (class_, _status) in CLASSES.items()}


def error_to_json(error: ConnectorError) -> dict[str, Any]:
    """Return the body that tells an error; attributes at their default are left out."""
    told: dict[str, Any] = {"class": _name_of(error), "text": error.text}
    attributes: dict[str, Any] = {"instruction": error.instruction, "technical": error.technical}
    if isinstance(error, ConfigurationError):
        attributes["fields"] = dict(error.fields)
    if isinstance(error, RejectedRecordError):
        attributes["field"] = error.field
    if isinstance(error, RateLimitedError):
        attributes["retry_after"] = error.retry_after
    elif isinstance(error, UnavailableError):
        attributes["unsent"] = error.unsent or None
    return {"error": told | {name: value for name, value in attributes.items() if value not in _DEFAULTS}}


def error_from_json(message: Any) -> ConnectorError:
    """Return the error that a body tells.

    Raises:
        MessageError: It tells none.
    """
    json = message.get("error") if isinstance(message, dict) else None
    if not isinstance(json, dict) or json.get("class") not in CLASSES or not isinstance(json.get("text"), str):
        raise MessageError("it is no error of the protocol")
    class_, _status = CLASSES[json["class"]]
    text = _on_one_line(json["text"])
    told: dict[str, Any] = {
        "instruction": _on_one_line(_text(json, "instruction")),
        "technical": _text(json, "technical"),
    }
    if issubclass(class_, ConfigurationError):
        fields = json.get("fields")
        told["fields"] = _fields(fields) if isinstance(fields, dict) else {}
    elif issubclass(class_, RejectedRecordError):
        told["field"] = _text(json, "field")
    elif issubclass(class_, RateLimitedError):
        told["retry_after"] = seconds(json.get("retry_after"))
    elif issubclass(class_, UnavailableError):
        told["unsent"] = json.get("unsent") is True
    return class_(text, **told)


def status_of(error: ConnectorError) -> int:
    """Return the HTTP status of an answer that tells this error."""
    return CLASSES[_name_of(error)][1]


def seconds(value: Any) -> float | None:
    """Return a wait in seconds as far as it makes sense, else None."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < 1e9 else None


def _name_of(error: ConnectorError) -> str:
    return next(_NAMES[class_] for class_ in type(error).__mro__ if class_ in _NAMES)


def _fields(json: Mapping[str, Any]) -> dict[str, str]:
    texts = ((key, words) for key, words in json.items() if isinstance(words, str))
    return {key: _on_one_line(words) for key, words in islice(texts, _MOST_FIELDS)}


def _on_one_line(text: str) -> str:
    """Return a text of the other side without what could pass for a line of its own in a log."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else " " for letter in text)


def _text(json: Mapping[str, Any], name: str) -> str:
    value = json.get(name)
    return value if isinstance(value, str) else ""
