"""Values of the hub: what a field accepts, how values are compared, and their JSON form."""

import re
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from decimal import Decimal

from flask_babel import gettext as _

from host.crm.fields import CrmField, CrmType

CrmValue = str | int | Decimal | bool | date | datetime | None
"""A value of the hub. List values are keys, references are ids, a datetime is aware and in UTC."""

JsonScalar = str | int | bool | None
"""The JSON form of a hub value: decimals, dates and datetimes are texts."""

Checker = Callable[[object], CrmValue]

LARGEST_INTEGER = 2**63 - 1
LARGEST_REFERENCE = 2**31 - 1
DECIMAL_DIGITS = 38
DECIMAL_PLACES = 18

# neither database stores all of these, and none means anything on a card; a lone surrogate is half a character
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_UNWANTED_IN_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def check_value(field: CrmField, value: object, list_items: Collection[str] = ()) -> CrmValue:
    """Return the value as the hub stores it in this field.

    Args:
        field: The field.
        value: A value of the field's Python type. A whole number is taken as a decimal too; an empty text is None.
        list_items: Keys that a LIST field may take.

    Raises:
        ValueError: the value is not one of this field; its text says why, for the one who typed it.
    """
    return checker_of(field, list_items)(value)


def checker_of(field: CrmField, list_items: Collection[str] = ()) -> Checker:
    """Return `check_value` with field and list already looked up, for checking many records."""
    check = _checks(field, list_items)

    def checked(value: object) -> CrmValue:
        return None if value is None or value == "" else check(value)

    return checked


def _checks(field: CrmField, list_items: Collection[str]) -> Checker:
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
    def check(value: object) -> CrmValue:
        if not isinstance(value, str):
            raise ValueError(_("must be a text"))
        if max_length and len(value) > max_length:
            raise ValueError(_("must not be longer than %(count)s characters", count=max_length))
        if _UNWANTED.search(value):
            raise ValueError(_("must not contain control characters or line breaks"))
        return value

    return check


def _lines_checker(max_length: int) -> Checker:
    def check(value: object) -> CrmValue:
        if not isinstance(value, str):
            raise ValueError(_("must be a text"))
        lines = value.replace("\r\n", "\n").replace("\r", "\n")
        if max_length and len(lines) > max_length:
            raise ValueError(_("must not be longer than %(count)s characters", count=max_length))
        if _UNWANTED_IN_LINES.search(lines):
            raise ValueError(_("must not contain control characters"))
        return lines

    return check


def _integer(value: object) -> CrmValue:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(_("must be a whole number"))
    if abs(value) > LARGEST_INTEGER:
        raise ValueError(_("must be between %(least)s and %(most)s", least=-LARGEST_INTEGER, most=LARGEST_INTEGER))
    return value


def _decimal(value: object) -> CrmValue:
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


def _boolean(value: object) -> CrmValue:
    if not isinstance(value, bool):
        raise ValueError(_("must be yes or no"))
    return value


def _date(value: object) -> CrmValue:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(_("must be a date"))
    return value


def _datetime(value: object) -> CrmValue:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(_("must be a date and time with its zone"))
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError(_("must lie between the years 1 and 9999")) from None


def _list_checker(list_items: Collection[str]) -> Checker:
    def check(value: object) -> CrmValue:
        if not isinstance(value, str) or value not in list_items:
            raise ValueError(_("must be an item of the list"))
        return str(value)

    return check


def _reference(value: object) -> CrmValue:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LARGEST_REFERENCE:
        raise ValueError(_("must be the id of a record"))
    return value


def to_json(value: CrmValue) -> JsonScalar:
    """Return the JSON form of a hub value; the field's type is needed to read it back."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        # always with the fraction, so that the texts sort as the times do
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value


def from_json(crm_type: CrmType, stored: JsonScalar) -> CrmValue:
    """Return the hub value of a JSON form that `to_json` made.

    Raises:
        ValueError: the text is not of this type.
    """
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


def fold(text: str) -> str:
    """Return the form in which texts are compared: without case, without blanks at its ends."""
    return text.strip().casefold()
