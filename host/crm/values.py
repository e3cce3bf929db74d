"""Values of the hub: what a field accepts, how values are compared, and their JSON form."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

from flask_babel import gettext as _

from host.crm.fields import CrmField, CrmType

CrmScalar = str | int | Decimal | bool | date | datetime | None
"""A single value of the hub. List values are keys, references are ids, a datetime is aware and in UTC."""

CrmRows = dict[str, dict[str, CrmScalar]]
"""The rows of a record: values by column key, by the key of the row. Rows have an order, which is not compared."""

CrmValue = CrmScalar | CrmRows
"""What a field of a record holds."""

JsonScalar = str | int | bool | None
"""The JSON form of a single value: decimals, dates and datetimes are texts."""

JsonForm = JsonScalar | list[Any]
"""The JSON form of any value of the hub: rows are pairs of the row's key and its {column key: JSON form}."""

Checker = Callable[[object], CrmScalar]

LARGEST_INTEGER = 2**63 - 1
LARGEST_REFERENCE = 2**31 - 1
DECIMAL_DIGITS = 38
DECIMAL_PLACES = 18

# neither database stores all of these, and none means anything on a card; a lone surrogate is half a character
_APART = "\x00"
"""No text of the hub has it."""

_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_UNWANTED_IN_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def holds_unwanted(text: str, *, lines: bool = False) -> bool:
    """Return whether a text holds what no text of the hub may; with `lines`, line feeds and tabs are wanted."""
    plain = text.replace("\n", "").replace("\t", "") if lines else text
    if plain.isprintable():  # a loop in C, and true of nearly all texts
        return False
    return bool((_UNWANTED_IN_LINES if lines else _UNWANTED).search(text))


def check_value(field: CrmField, value: object, list_items: Collection[str] = ()) -> CrmScalar:
    """Return the value as the hub stores it in this field.

    Args:
        field: The field.
        value: A value of the field's Python type. A whole number is taken as a decimal too; an empty text is None.
        list_items: Keys that a LIST field may take.

    Raises:
        TypeError: the field holds rows, which `host.crm.row_values` checks.
        ValueError: the value is not one of this field; its text says why, for the one who typed it.
    """
    return checker_of(field, list_items)(value)


def checker_of(field: CrmField, list_items: Collection[str] = ()) -> Checker:
    """Return `check_value` with field and list already looked up, for checking many records."""
    check = _checks(field, list_items)

    def checked(value: object) -> CrmScalar:
        return None if value is None or value == "" else check(value)

    return checked


def _checks(field: CrmField, list_items: Collection[str]) -> Checker:
    if field.type is CrmType.ROWS:
        raise TypeError(f"{field.key} holds rows, each of whose values has a check of its own")
    checks: dict[CrmType, Callable[[], Checker]] = {
        CrmType.TEXT: lambda: _text_checker(field.max_length),
        CrmType.LONG_TEXT: lambda: _lines_checker(field.max_length),
        CrmType.INTEGER: lambda: _integer,
        CrmType.DECIMAL: lambda: _decimal,
        CrmType.BOOLEAN: lambda: _boolean,
        CrmType.DATE: lambda: _date,
        CrmType.DATETIME: lambda: _datetime,
        CrmType.LIST: lambda: _list_checker(list_items),
        CrmType.REFERENCE: lambda: _reference,
    }
    return checks[field.type]()


def _text_checker(max_length: int) -> Checker:
    def check(value: object) -> CrmScalar:
        if not isinstance(value, str):
            raise ValueError(_("must be a text"))
        if max_length and len(value) > max_length:
            raise ValueError(_("must not be longer than %(count)s characters", count=max_length))
        if _UNWANTED.search(value):
            raise ValueError(_("must not contain control characters or line breaks"))
        return value

    return check


def _lines_checker(max_length: int) -> Checker:
    def check(value: object) -> CrmScalar:
        if not isinstance(value, str):
            raise ValueError(_("must be a text"))
        lines = value.replace("\r\n", "\n").replace("\r", "\n")
        if max_length and len(lines) > max_length:
            raise ValueError(_("must not be longer than %(count)s characters", count=max_length))
        if _UNWANTED_IN_LINES.search(lines):
            raise ValueError(_("must not contain control characters"))
        return lines

    return check


def _integer(value: object) -> CrmScalar:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(_("must be a whole number"))
    if abs(value) > LARGEST_INTEGER:
        raise ValueError(_("must be between %(least)s and %(most)s", least=-LARGEST_INTEGER, most=LARGEST_INTEGER))
    return value


def _decimal(value: object) -> CrmScalar:
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        raise ValueError(_("must be a number"))
    if value.is_zero():
        return Decimal(0)
    exponent = int(value.as_tuple().exponent)
    if max(value.adjusted(), 0) + 1 + max(-exponent, 0) > DECIMAL_DIGITS or -exponent > DECIMAL_PLACES:
        raise ValueError(
            _(
                "must have at most %(digits)s digits, %(places)s of them after the point",
                digits=DECIMAL_DIGITS,
                places=DECIMAL_PLACES,
            )
        )
    return value


def _boolean(value: object) -> CrmScalar:
    if not isinstance(value, bool):
        raise ValueError(_("must be yes or no"))
    return value


def _date(value: object) -> CrmScalar:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(_("must be a date"))
    return value


def _datetime(value: object) -> CrmScalar:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(_("must be a date and time with its zone"))
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError(_("must lie between the years 1 and 9999")) from None


def _list_checker(list_items: Collection[str]) -> Checker:
    def check(value: object) -> CrmScalar:
        if not isinstance(value, str) or value not in list_items:
            raise ValueError(_("must be an item of the list"))
        return str(value)

    return check


def _reference(value: object) -> CrmScalar:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LARGEST_REFERENCE:
        raise ValueError(_("must be the id of a record"))
    return value


def to_json(value: CrmValue) -> JsonForm:
    """Return the JSON form of a hub value; the field is needed to read it back."""
    if isinstance(value, dict):
        # pairs, because PostgreSQL does not keep the order of a JSON object
        return [[key, {column: scalar_to_json(cell) for column, cell in row.items()}] for key, row in value.items()]
    return scalar_to_json(value)


def scalar_to_json(value: CrmScalar) -> JsonScalar:
    """Return the JSON form of a value that is no rows."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        # always with the fraction, so that the texts sort as the times do
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value


def from_json(crm_type: CrmType, stored: JsonForm, row_fields: Iterable[CrmField] = ()) -> CrmValue:
    """Return the hub value of a JSON form that `to_json` made.

    Args:
        crm_type: Type of the field.
        stored: The JSON form.
        row_fields: Columns of a ROWS field; values of columns that it has no longer are left out.

    Raises:
        ValueError: this is not of the type.
    """
    if crm_type is CrmType.ROWS:
        return _rows_from_json(stored, {field.key: field.type for field in row_fields})
    if isinstance(stored, list):
        raise ValueError("rows are no single value")
    return _scalar_from_json(crm_type, stored)


def _scalar_from_json(crm_type: CrmType, stored: JsonScalar) -> CrmScalar:
    if not isinstance(stored, str):
        return stored
    if crm_type is CrmType.DECIMAL:
        try:
            return Decimal(stored)
        except ArithmeticError as error:
            raise ValueError(f"{stored!r} is not a decimal") from error
    if crm_type is CrmType.DATE:
        return date.fromisoformat(stored)
    if crm_type is CrmType.DATETIME:
        return datetime.fromisoformat(stored)
    return stored


def _rows_from_json(stored: JsonForm, types: Mapping[str, CrmType]) -> CrmRows:
    if stored is None:
        return {}
    try:
        pairs = dict(cast("list[tuple[str, dict[str, JsonScalar]]]", stored))
        return {
            key: {column: _scalar_from_json(types[column], cell) for column, cell in row.items() if column in types}
            for key, row in pairs.items()
        }
    except (TypeError, AttributeError) as error:
        raise ValueError("these are no rows") from error


def fold(text: str) -> str:
    """Return the form in which texts are compared: without case, without blanks at its ends."""
    return text.strip().casefold()


def fold_all(values: Sequence[object]) -> list[str | None]:
    """Return the folded forms of a column, None for what is no text: all at once, which takes a third of the time."""
    texts = [value.strip() if isinstance(value, str) else None for value in values]
    folded = _APART.join([text or "" for text in texts]).casefold().split(_APART)
    if len(folded) != len(texts):  # a text has the sign itself
        return [None if text is None else text.casefold() for text in texts]
    return [None if text is None else each for text, each in zip(texts, folded, strict=True)]
