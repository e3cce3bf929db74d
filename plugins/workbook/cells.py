"""What a cell holds, as a value of the contract, and back."""

from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation

from sync_connectors import Field, FieldType, ListKey, Value

_YES = frozenset({"1", "true", "yes", "x", "ja", "oui", "si"})
_NO = frozenset({"", "0", "false", "no", "-", "nej", "nein", "non"})
# a cell keeps numbers as binary doubles, of which the spreadsheet itself shows and keeps 15 digits
_SIGNIFICANT_DIGITS = 15

CellContent = str | int | float | bool | date | datetime | time | None


class CellError(ValueError):
    """A cell does not hold what its column declares; the message says what it holds instead."""


def value_of(field: Field, content: object) -> Value:
    """Return the value of a cell; blank cells and blank text are None.

    Raises:
        CellError: The content does not suit the field's type.
    """
    if content is None or (isinstance(content, str) and not content.strip()):
        return None
    if field.type is FieldType.INTEGER:
        number = _decimal(content)
        if number != number.to_integral_value():
            raise CellError(f"{_shown(content)} is not a whole number")
        return int(number)
    if field.type is FieldType.DOUBLE:
        return _decimal(content)
    if field.type is FieldType.CHECKBOX:
        return _checkbox(content)
    if field.type in (FieldType.DATE, FieldType.LOCAL_DATETIME, FieldType.DATETIME):
        moment = _moment(content)
        return moment.date() if field.type is FieldType.DATE else moment
    text = text_of(content)
    return ListKey(text) if field.type is FieldType.LIST else text


def content_of(value: Value) -> CellContent:
    """Return what to put into a cell for a value."""
    if isinstance(value, Decimal):
        # the file format has only doubles; a whole number stays one, so that 5 does not come back as 5.0
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool | int | date | None):
        return value
    raise CellError(f"a cell cannot hold {type(value).__name__}")


def text_of(content: object) -> str:
    """Return the text that a person sees in a cell; a whole number has no point."""
    if isinstance(content, float):
        return format(_decimal(content), "f")
    if isinstance(content, datetime):
        return content.isoformat(sep=" ")
    return str(content).strip()


def _decimal(content: object) -> Decimal:
    if isinstance(content, bool) or not isinstance(content, int | float | str):
        raise CellError(f"{_shown(content)} is not a number")
    try:
        number = Decimal(
            format(content, f".{_SIGNIFICANT_DIGITS}g") if isinstance(content, float) else str(content).strip()
        )
    except InvalidOperation as error:
        raise CellError(f"{_shown(content)} is not a number") from error
    if not number.is_finite():
        raise CellError(f"{_shown(content)} is not a number")
    return number.quantize(Decimal(1)) if number == number.to_integral_value() and abs(number) < 10**15 else number


def _checkbox(content: object) -> bool:
    text = text_of(content).lower()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise CellError(f"{_shown(content)} is neither yes nor no")


def _moment(content: object) -> datetime:
    if isinstance(content, datetime):
        return content
    if isinstance(content, date):
        return datetime.combine(content, time())
    try:
        return datetime.fromisoformat(str(content).strip()).replace(tzinfo=None)
    except ValueError as error:
        raise CellError(f"{_shown(content)} is not a date") from error


def _shown(content: object) -> str:
    text = str(content)
    return f"“{text[:40]}…”" if len(text) > 40 else f"“{text}”"
