"""One value of a configuration field: from what a form, a JSON object or a command gives, and to its canonical text."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _

from sync_connectors.contract.fields import ConfigurationField
from sync_connectors.contract.values import FieldType, ListKey, Value

_LONGEST_NUMBER = 64
_MOST_DIGITS = 30
_LARGEST_INTEGER = 10**18
_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_TRUTHS = {"true": True, "1": True, "on": True, "yes": True, "false": False, "0": False, "off": False, "no": False}
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SPREAD = re.compile(r"[\t\r\n]")


def value_of(field: ConfigurationField, raw: Any) -> Value:
    """Return the typed value; None for a blank one.

    Args:
        field: Says which type is meant.
        raw: Text in any common form, or a JSON value that suits the type.

    Raises:
        ValueError: In words for whoever typed it; never with the value, which may be a secret.
    """
    if raw is None:
        return None
    if isinstance(raw, str):
        if _UNPRINTABLE.search(raw):
            raise ValueError(_("holds a control character"))
        if field.type is not FieldType.PASSWORD:
            raw = raw.strip()
        if raw == "":
            return None
    return _READERS[field.type](field, raw)


def text_of(value: Value) -> str:
    """Return the canonical text of a value, the same for equal values; empty for none."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            digits = format(value, "f")
            shortened = digits.rstrip("0").rstrip(".") if "." in digits else digits
            return "0" if shortened in {"-0", ""} else shortened
        case date():
            return value.isoformat()
    return str(value)


def _text(field: ConfigurationField, raw: Any) -> str:
    if not isinstance(raw, str):
        raise ValueError(_("is no text"))
    if not field.is_secret and _SPREAD.search(raw):
        # a private key spans lines; a name that does is a slip of the clipboard, or an attack on a header
        raise ValueError(_("spans more than one line"))
    return raw


def _list_key(field: ConfigurationField, raw: Any) -> ListKey:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return ListKey(str(raw))
    return ListKey(_text(field, raw))


def _truth(_field: ConfigurationField, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    known = _TRUTHS.get(raw.lower()) if isinstance(raw, str) else None
    if known is None:
        raise ValueError(_("is neither true nor false"))
    return known


def _whole(_field: ConfigurationField, raw: Any) -> int:
    if isinstance(raw, str) and len(raw) <= _LONGEST_NUMBER and _WHOLE.fullmatch(raw):
        number = int(raw)
    elif isinstance(raw, int) and not isinstance(raw, bool):
        number = raw
    elif isinstance(raw, float) and raw.is_integer():
        number = int(raw)
    else:
        raise ValueError(_("is no whole number"))
    if abs(number) > _LARGEST_INTEGER:
        raise ValueError(_("is too large"))
    return number


def _number(_field: ConfigurationField, raw: Any) -> Decimal:
    text = repr(raw) if isinstance(raw, float) else str(raw) if isinstance(raw, int | str) else ""
    if isinstance(raw, bool) or len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        raise ValueError(_("is no number such as 12.50"))
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(_("is no number such as 12.50")) from error
    exponent = number.as_tuple().exponent
    if abs(number.adjusted()) > _MOST_DIGITS or (isinstance(exponent, int) and exponent < -_MOST_DIGITS):
        raise ValueError(_("has too many digits"))
    return number


def _date(_field: ConfigurationField, raw: Any) -> date:
    if isinstance(raw, str):
        try:
            return date.fromisoformat(raw)
        except ValueError:
            pass
    raise ValueError(_("is no date such as 2026-03-31"))


def _time(raw: Any) -> datetime:
    if isinstance(raw, str):
        try:
            return datetime.fromisoformat(raw)
        except ValueError:
            pass
    raise ValueError(_("is no time such as 2026-03-31T09:30"))


def _aware(_field: ConfigurationField, raw: Any) -> datetime:
    read = _time(raw)
    try:
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(_("is out of range")) from error


def _local(_field: ConfigurationField, raw: Any) -> datetime:
    read = _time(raw)
    if read.tzinfo is not None:
        raise ValueError(_("must be without a zone, it is meant in the zone of the ERP"))
    return read


def _nothing(_field: ConfigurationField, _raw: Any) -> None:
    raise ValueError(_("takes no value"))


_READERS: dict[FieldType, Callable[[ConfigurationField, Any], Value]] = {
    FieldType.TEXT: _text,
    FieldType.PASSWORD: _text,
    FieldType.LIST: _list_key,
    FieldType.CHECKBOX: _truth,
    FieldType.INTEGER: _whole,
    FieldType.DOUBLE: _number,
    FieldType.DATE: _date,
    FieldType.DATETIME: _aware,
    FieldType.LOCAL_DATETIME: _local,
    FieldType.LABEL: _nothing,
    FieldType.ROWS: _nothing,
}
