"""Checks of single values, one function per field type, made for millions of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from sync_connectors.contract.fields import Field
from sync_connectors.contract.values import FieldType, ListKey, Rows, Value

LONGEST_TEXT = 1_000_000
LONGEST_KEY = 254
LARGEST_INTEGER = 2**63
_MOST_ROWS = 10_000
_MOST_DIGITS = 40

Check = Callable[[Any], Value]
"""Returns the value, tidied where that loses nothing; raises ValueError with what it is instead."""


def check_of(field: Field) -> Check:
    """Return the check of a field's values."""
    if field.type is FieldType.ROWS:
        return partial(_rows, {column.key: check_of(column) for column in field.row_fields})
    return _CHECKS[field.type]


def checks_of(fields: Sequence[Field]) -> Mapping[str, Check]:
    """Return the checks of an actor type's fields by key."""
    return {field.key: check_of(field) for field in fields}


def check_text(value: Any, longest: int = LONGEST_TEXT) -> str:
    """Return a text that every database can hold.

    Raises:
        ValueError: It is no text, too long, or holds what no database stores.
    """
    if not isinstance(value, str):
        raise ValueError(f"is {_kind(value)} and not text")
    if len(value) > longest:
        raise ValueError(f"has {len(value)} characters, the most allowed are {longest}")
    if "\x00" in value:
        raise ValueError("holds a null character")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("holds half of a surrogate pair") from None
    return value if type(value) is str else str.__str__(value)


def check_key(value: Any) -> str:
    """Return a key or timestamp: text that is not empty and fits its column.

    Raises:
        ValueError: It is empty or no such text.
    """
    if value == "":
        raise ValueError("is empty")
    return check_text(value, LONGEST_KEY)


def _truth(value: Any) -> Value:
    if value is None or value is True or value is False:
        return value
    raise ValueError(f"is {_kind(value)} and not true or false")


def _integer(value: Any) -> Value:
    if value is None:
        return None
    if type(value) is not int:
        raise ValueError(f"is {_kind(value)} and not a whole number")
    if not -LARGEST_INTEGER <= value < LARGEST_INTEGER:
        raise ValueError("is a whole number out of range")
    return value


def check_decimal(value: Any) -> Value:
    """Return a decimal that can be stored, or None.

    Raises:
        ValueError: It is no Decimal, no number, or has too many digits.
    """
    if value is None:
        return None
    if type(value) is not Decimal:
        raise ValueError(f"is {_kind(value)} and not a Decimal")
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError(f"is {value} and no number")
    if exponent < -_MOST_DIGITS or value.adjusted() > _MOST_DIGITS:
        raise ValueError("has too many digits")
    return value


def _text(value: Any) -> Value:
    return None if value is None else check_text(value)


def _list_key(value: Any) -> Value:
    if value is None or value == "":
        return None
    if type(value) is not ListKey:
        raise ValueError(f"is {_kind(value)} and not a ListKey")
    check_text(value, LONGEST_KEY)
    return value


def _date(value: Any) -> Value:
    if value is None or type(value) is date:
        return value
    raise ValueError(f"is {_kind(value)} and not a date")


def _instant(value: Any) -> Value:
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(f"is {_kind(value)} and not a time with a zone")
    if value.tzinfo is UTC:
        return value
    try:
        return value.astimezone(UTC)
    except (OverflowError, ValueError):
        raise ValueError("is a time out of range") from None


def _local(value: Any) -> Value:
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is not None:
        raise ValueError(f"is {_kind(value)} and not a time without a zone")
    return value


def _rows(columns: Mapping[str, Check], value: Any) -> Value:
    if value is None:
        return None
    if type(value) is not Rows:
        raise ValueError(f"is {_kind(value)} and not Rows")
    if len(value) > _MOST_ROWS:
        raise ValueError(f"has {len(value)} rows, the most allowed are {_MOST_ROWS}")
    return Rows({_row_key(key): _row(columns, row) for key, row in value.items()})


def _row_key(key: Any) -> str:
    try:
        return check_key(key)
    except ValueError as error:
        raise ValueError(f"has a row key that {error}") from None


def _row(columns: Mapping[str, Check], row: Any) -> dict[str, Value]:
    if not isinstance(row, Mapping):
        raise ValueError(f"has a row that is {_kind(row)} and not a mapping")
    checked = {}
    for key, value in row.items():
        if key in columns:
            try:
                checked[key] = columns[key](value)
            except ValueError as error:
                raise ValueError(f"has a row whose column {key} {error}") from None
    return checked


def _kind(value: Any) -> str:
    if isinstance(value, datetime):
        return "a time with a zone" if value.tzinfo else "a time without a zone"
    return f"of type {type(value).__name__}"


_CHECKS: dict[FieldType, Check] = {
    FieldType.CHECKBOX: _truth,
    FieldType.TEXT: _text,
    FieldType.PASSWORD: _text,
    FieldType.LABEL: _text,
    FieldType.INTEGER: _integer,
    FieldType.DOUBLE: check_decimal,
    FieldType.LIST: _list_key,
    FieldType.DATE: _date,
    FieldType.DATETIME: _instant,
    FieldType.LOCAL_DATETIME: _local,
}
