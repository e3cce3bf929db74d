"""Reading input through a schema, with faults in the form that pages, API and commands show."""

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, ValidationError, fields
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import MultiDict

from host.errors import InvalidInputError
from host.schemas.base import Schema
from host.schemas.words import in_our_words


def load(schema: type[Schema], values: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
    """Return the values of a JSON object or of a command, checked and converted.

    Args:
        schema: The class of the schema.
        values: The values by field.
        partial: Whether required fields may be absent, as in a change of some fields.

    Raises:
        InvalidInputError: names every fault of every field at once.
    """
    return _load(schema(partial=partial), values)


def load_form(schema: type[Schema], form: MultiDict[str, str], *, partial: bool = False) -> dict[str, Any]:
    """Return the values of a submitted form, checked and converted.

    A form does not send a check box that is off or a choice of which nothing is chosen; they count as False and
    empty. What the schema does not know, the CSRF token and the button for instance, is passed over.

    Raises:
        InvalidInputError: names every fault of every field at once.
    """
    bound = schema(reads_text=True, unknown=EXCLUDE, partial=partial)
    sent: MultiDict[str, Any] = form.copy()
    for name, field in bound.load_fields.items():
        key = field.data_key or name
        if isinstance(field, fields.Boolean) and key not in sent:
            sent[key] = "false"
        if isinstance(field, fields.List) and key not in sent:
            sent.setlist(key, [])
    return _load(bound, _ListsInForm(sent, bound))


class _ListsInForm(MultiDictProxy):
    """A form in which an absent choice is an empty list; the proxy alone would call it missing."""

    def __init__(self, form: MultiDict[str, Any], schema: Schema) -> None:
        super().__init__(form, schema)
        self._form = form

    def __getitem__(self, key: str) -> Any:
        return self._form.getlist(key) if key in self.multiple_keys else self._form[key]


def _load(schema: Schema, values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(values)
    except ValidationError as error:
        raise InvalidInputError(flattened(error.messages)) from error
    return loaded


def flattened(messages: Any, path: str = "") -> dict[str, list[str]]:
    """Return marshmallow's nested messages as {`addresses.0.zip`: [faults]}; what has no field stands under ""."""
    if isinstance(messages, Mapping):
        flat: dict[str, list[str]] = {}
        for key, inner in messages.items():
            step = "" if key == "_schema" else str(key)
            for field, faults in flattened(inner, ".".join(part for part in (path, step) if part)).items():
                flat.setdefault(field, []).extend(faults)
        return flat
    faults = messages if isinstance(messages, list) else [messages]
    return {path: [in_our_words(str(fault)) for fault in faults]}
