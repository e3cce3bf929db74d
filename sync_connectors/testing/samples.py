"""Values for new records, made from what the connector declares."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from sync_connectors.contract.fields import Access, Field
from sync_connectors.contract.values import FieldType, ListKey, Rows, Value

Items = Callable[[str], Mapping[str, str]]
"""The items of a list by its name."""

DAY = date(2024, 2, 29)
LOCAL = datetime(2024, 2, 29, 23, 30)  # noqa: DTZ001 - in the zone of the ERP, late enough to fall on another day in UTC
INSTANT = datetime(2024, 2, 29, 12, 30, tzinfo=UTC)

_PLAIN: dict[FieldType, Value] = {
    FieldType.INTEGER: 7,
    FieldType.CHECKBOX: True,
    FieldType.DATE: DAY,
    FieldType.DATETIME: INSTANT,
    FieldType.LOCAL_DATETIME: LOCAL,
}


def made_values(fields: Sequence[Field], items: Items, number: str) -> dict[str, Value]:
    """Return a value for each field that can be written and for which one can be made."""
    made = {field.key: made_value(field, items, number) for field in fields if field.access is not Access.READ_ONLY}
    return {key: value for key, value in made.items() if value is not None}


def made_value(field: Field, items: Items, number: str) -> Value:
    """Return a value that suits a field, or None where none can be known."""
    match field.type:
        case FieldType.TEXT:
            text = f"Check {number}"
            return text if not field.max_length or len(text) <= field.max_length else number[-field.max_length :]
        case FieldType.DOUBLE:
            return decimal_of(field, Decimal("12.5"))
        case FieldType.LIST:
            return next((ListKey(key) for key in items(field.list_name)), None)
        case FieldType.ROWS:
            return Rows({key: made_values(field.row_fields, items, f"{number}{key}") for key in ("1", "2")})
    return _PLAIN.get(field.type)


def decimal_of(field: Field, value: Decimal) -> Decimal:
    """Return a decimal with no more digits than the field keeps."""
    return value if field.decimals is None else round(value, field.decimals)


def numbered(sample: Mapping[str, Value], number: str) -> dict[str, Value]:
    """Return an author's sample with its number filled in."""
    return {
        key: type(value)(value.replace("{number}", number)) if isinstance(value, str) else value
        for key, value in sample.items()
    }
