"""The JSON form of a value.

A field's type says how to read its value back, so a top-level value carries no mark of its own. The values inside
`Rows` have no declared type at hand and are marked: `{"double": "1.50"}`. Rows are a list of pairs, because a JSON
object of PostgreSQL forgets the order of its keys.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sync_connectors.contract.values import FieldType, ListKey, Rows, Value

LONGEST_NUMBER = 200
"""Characters of a decimal; one of a million takes long to look at, and no field holds it."""

_MARKS: tuple[tuple[type, FieldType], ...] = (
    (ListKey, FieldType.LIST),
    (Decimal, FieldType.DOUBLE),
    (Rows, FieldType.ROWS),
)


def value_to_json(value: Value) -> Any:
    """Return the JSON form of a value: null, true, a whole number, text, or a list of rows.

    Raises:
        ValueError: The value has no exact form: not a number, infinite, or of a type that fields do not have.
    """
    match value:
        case None | bool() | int() | str():
            return str(value) if isinstance(value, ListKey) else value
        case Decimal():
            if not value.is_finite():
                raise ValueError(f"{value} is no finite number")
            return str(value)
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
        case date():
            return value.isoformat()
        case Rows():
            return [[key, _row_to_json(row)] for key, row in value.items()]
    raise ValueError(f"{type(value).__name__} is no type of a value")


def value_from_json(type_: FieldType, json: Any) -> Value:
    """Return the value of a field of this type from its JSON form.

    Raises:
        ValueError: It is not the JSON form of such a value.
    """
    if json is None:
        return None
    try:
        return _READERS[type_](json)
    except (ValueError, TypeError, AttributeError, KeyError, ArithmeticError) as error:
        raise ValueError(f"a stored value is not of type {type_.value}") from error


def marked_value_to_json(value: Value) -> Any:
    """Return the JSON form of a value whose type no field tells, as in rows: `{"double": "1.50"}`.

    Raises:
        ValueError: The value has no exact form.
    """
    mark = _mark_of(value)
    json = value_to_json(value)
    return {mark.value: json} if mark else json


def marked_value_from_json(json: Any) -> Value:
    """Return the value of a form that `marked_value_to_json` makes.

    Raises:
        ValueError: It is no such form.
    """
    if isinstance(json, dict):
        if len(json) != 1:
            raise ValueError("a value has one mark")
        ((mark, marked),) = json.items()
        return value_from_json(FieldType(mark), marked)
    if json is None or isinstance(json, bool | int | str):
        return json
    raise ValueError("a value has no mark")


def _row_to_json(row: Mapping[str, Value]) -> dict[str, Any]:
    return {key: marked_value_to_json(value) for key, value in row.items()}


def _mark_of(value: Value) -> FieldType | None:
    for type_, mark in _MARKS:
        if isinstance(value, type_):
            return mark
    if isinstance(value, datetime):
        return FieldType.DATETIME if value.tzinfo else FieldType.LOCAL_DATETIME
    return FieldType.DATE if isinstance(value, date) else None


def _rows(json: Any) -> Rows:
    return Rows({_text(key): {name: marked_value_from_json(value) for name, value in row.items()} for key, row in json})


def _truth(json: Any) -> bool:
    if not isinstance(json, bool):
        raise TypeError("no truth value")
    return json


def _whole(json: Any) -> int:
    if isinstance(json, bool) or not isinstance(json, int):
        raise TypeError("no whole number")
    return json


def _text(json: Any) -> str:
    if not isinstance(json, str):
        raise TypeError("no text")
    return json


def _number(json: Any) -> Decimal:
    text = _text(json)
    if len(text) > LONGEST_NUMBER:
        raise ValueError("too many digits")
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError("no finite number")
    return number


def _aware(json: Any) -> datetime:
    read = datetime.fromisoformat(json)
    if read.tzinfo is None:
        raise ValueError("no zone")
    return read.astimezone(UTC)


def _naive(json: Any) -> datetime:
    read = datetime.fromisoformat(json)
    if read.tzinfo is not None:
        raise ValueError("a zone")
    return read


_READERS: dict[FieldType, Callable[[Any], Value]] = {
    FieldType.CHECKBOX: _truth,
    FieldType.TEXT: _text,
    FieldType.PASSWORD: _text,
    FieldType.LABEL: _text,
    FieldType.INTEGER: _whole,
    FieldType.DOUBLE: _number,
    FieldType.LIST: lambda json: ListKey(_text(json)),
    FieldType.DATETIME: _aware,
    FieldType.LOCAL_DATETIME: _naive,
    FieldType.DATE: date.fromisoformat,
    FieldType.ROWS: _rows,
}
