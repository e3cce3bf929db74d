"""The schema that every input schema derives from."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import marshmallow
from marshmallow import RAISE, ValidationError, fields, validate

from host.schemas.fields import LARGEST_ID, VerbatimText
from host.schemas.texts import fault_of_text

_MOST_DIGITS = 11


class Schema(marshmallow.Schema):
    """Unknown fields are refused, texts stripped, types strict, numbers within what the databases can hold.

    Args:
        reads_text: Whether the values come as texts, from a form or a query string, and are to be converted.
    """

    class Meta:
        """Options of marshmallow."""

        unknown = RAISE

    def __init__(self, *, reads_text: bool = False, **options: Any) -> None:
        self.reads_text = reads_text
        super().__init__(**options)

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        for bound in _with_inner(field_obj):
            for kind, prepare in _PREPARATIONS:
                if isinstance(bound, kind):
                    bound.pre_load = [partial(prepare, bound, self.reads_text), *bound.pre_load]
                    break
            if isinstance(bound, fields.Integer) and not any(
                isinstance(one, validate.Range) for one in bound.validators
            ):
                bound.validators.append(validate.Range(min=-LARGEST_ID, max=LARGEST_ID))


def _with_inner(field: fields.Field[Any]) -> Iterator[fields.Field[Any]]:
    yield field
    if isinstance(field, fields.List):
        yield from _with_inner(field.inner)


def _prepare_text(field: fields.String, _reads_text: bool, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    fault = fault_of_text(value)
    if fault:
        raise ValidationError(fault)
    if isinstance(field, VerbatimText):
        return value
    stripped = value.strip()
    if not stripped and any(isinstance(one, validate.Length) and one.min for one in field.validators):
        raise ValidationError(field.error_messages["required"])
    return stripped


def _prepare_other(field: fields.Field[Any], reads_text: bool, value: Any) -> Any:
    if reads_text and isinstance(value, str):
        stripped = value.strip()
        return None if not stripped and field.allow_none else stripped
    return value


def _prepare_integer(field: fields.Integer, reads_text: bool, value: Any) -> Any:
    prepared = _prepare_other(field, reads_text, value)
    if reads_text and isinstance(prepared, str) and prepared.removeprefix("-").isdecimal():
        return int(prepared[:_MOST_DIGITS])  # longer ones are out of range as well
    if prepared is None or (isinstance(prepared, int) and not isinstance(prepared, bool)):
        return prepared
    raise ValidationError(field.error_messages["invalid"])


def _prepare_boolean(field: fields.Boolean, reads_text: bool, value: Any) -> Any:
    if not reads_text and not (isinstance(value, bool) or value is None):
        raise ValidationError(field.error_messages["invalid"])
    return _prepare_other(field, reads_text, value)


_PREPARATIONS: tuple[tuple[type[fields.Field[Any]], Callable[..., Any]], ...] = (
    (fields.String, _prepare_text),
    (fields.Integer, _prepare_integer),
    (fields.Boolean, _prepare_boolean),
    (fields.Nested, lambda _field, _reads_text, value: value),
    (fields.List, lambda _field, _reads_text, value: value),
    (fields.Field, _prepare_other),
)
