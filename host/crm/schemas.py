"""Schemas of records, made from the field registry: the same ones for pages, API and CSV files."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from flask_babel import to_utc
from marshmallow import fields

from host.crm.fields import CrmField, CrmType
from host.crm.row_schema import RowList
from host.crm.values import CrmValue
from host.schemas import Schema, Text, VerbatimText

LONGEST_INTEGER = 25
"""Digits beyond which a number is refused unread: turning a very long text into a number takes very long."""


class ExactNumber(fields.Decimal):
    """A decimal, in JSON as text so that no digit is lost; a JSON number is taken by its digits too."""

    def __init__(self, **options: Any) -> None:
        super().__init__(as_string=True, allow_nan=False, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> Any:
        if isinstance(value, bool):
            raise self.make_error("invalid")
        # the shortest digits of a float are those that stood in the JSON text
        return super()._deserialize(repr(value) if isinstance(value, float) else value, attr, data, **options)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **options: Any) -> Any:
        return format(value, "f") if isinstance(value, Decimal) else None


class Instant(fields.AwareDateTime):
    """A moment; one without a zone, as forms and files have it, is meant in the reader's zone."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> datetime:
        try:
            naive = datetime.fromisoformat(value)
            moment = naive if naive.tzinfo else to_utc(naive)
        except (TypeError, ValueError, OverflowError) as error:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from error
        return moment


class WideInteger(fields.Field[int]):
    """A whole number of any size; the hub says how large it may be."""

    default_error_messages = {"invalid": "Not a valid integer."}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> int:
        reads_text = getattr(self.root, "reads_text", False)
        if reads_text and isinstance(value, str) and len(value) <= LONGEST_INTEGER and value.lstrip("+-").isdecimal():
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise self.make_error("invalid")


def value_field(field: CrmField, *, is_input: bool = True, owner: str = "") -> fields.Field[Any]:
    """Return the marshmallow field of a hub field, with its key as `data_key`.

    The schema of rows is named after that of the record, `owner`.

    What is required, how long a text may be and what a list holds is judged by `host.crm.checking`, which sees the
    whole record and what it was before.
    """
    described = ". ".join(str(part) for part in (field.label, field.description) if part)
    options: dict[str, Any] = {"data_key": field.key, "allow_none": True, "metadata": {"description": described}}
    if not is_input:
        options["required"] = True
    if field.type is CrmType.DECIMAL:
        options["metadata"]["type"] = ["string", "number"] if is_input else "string"
    if field.type is CrmType.ROWS:
        columns = values_schema(f"{owner}{field.column.title()}", field.row_fields, is_input=is_input)
        return RowList(field, columns, is_input=is_input, **options)
    return _KINDS[field.type](**options)


def values_schema(name: str, declared: Iterable[CrmField], *, is_input: bool = True) -> type[Schema]:
    """Return a schema with these fields; what it loads is turned into values by `values_by_key`."""
    made = {field.column: value_field(field, is_input=is_input, owner=name) for field in declared}
    return cast(type[Schema], Schema.from_dict(made, name=name))


def values_by_key(loaded: Mapping[str, Any], declared: Iterable[CrmField]) -> dict[str, CrmValue]:
    """Return what a schema of `values_schema` loaded, by field key."""
    return {field.key: loaded[field.column] for field in declared if field.column in loaded}


def values_by_column(values: Mapping[str, CrmValue], declared: Iterable[CrmField]) -> dict[str, CrmValue]:
    """Return values by field key as a schema of `values_schema` dumps them."""
    return {field.column: values[field.key] for field in declared}


_KINDS: dict[CrmType, type[fields.Field[Any]]] = {
    CrmType.TEXT: Text,
    CrmType.LONG_TEXT: VerbatimText,
    CrmType.INTEGER: WideInteger,
    CrmType.DECIMAL: ExactNumber,
    CrmType.BOOLEAN: fields.Boolean,
    CrmType.DATE: fields.Date,
    CrmType.DATETIME: Instant,
    CrmType.LIST: Text,
    CrmType.REFERENCE: fields.Integer,
}
