"""Records as columns: a page of them is one list for each field, and only columns of unusual types are converted.

The type of a column says how its values are written, which may be less than its field's type: a column of blanks has
none to tell. Values of several types in one column are written with marks, as those in rows are.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import repeat
from operator import attrgetter, itemgetter
from typing import Any

from sync_connectors.codec import (
    LONGEST_NUMBER,
    marked_value_from_json,
    marked_value_to_json,
    value_from_json,
    value_to_json,
)
from sync_connectors.contract.actors import Actor, ActorReference
from sync_connectors.contract.values import FieldType, ListKey, Rows, Value
from sync_connectors.json_protocol.media import MOST_COLUMNS, MOST_RECORDS
from sync_connectors.json_protocol.reading import MessageError, read_list, read_object, read_text, read_texts

MIXED = "mixed"
"""The type of a column whose values carry marks."""

_TYPES: Mapping[type, FieldType] = {
    str: FieldType.TEXT,
    int: FieldType.INTEGER,
    bool: FieldType.CHECKBOX,
    Decimal: FieldType.DOUBLE,
    ListKey: FieldType.LIST,
    date: FieldType.DATE,
    Rows: FieldType.ROWS,
}
_PLAIN = {FieldType.TEXT, FieldType.INTEGER, FieldType.CHECKBOX, FieldType.PASSWORD, FieldType.LABEL}
_AS_THEY_ARE = {*_PLAIN, FieldType.LIST}  # the key of a list item is a text
_NONE = type(None)


def records_to_json(actors: Sequence[Actor]) -> dict[str, Any]:
    """Return the columns of records.

    Raises:
        ValueError: A value is of a type that fields do not have.
    """
    types = list(map(attrgetter("actor_type"), actors))
    json: dict[str, Any] = {
        "actor_type": types[0] if len(set(types)) == 1 else types,
        "keys": list(map(attrgetter("key"), actors)),
        "timestamps": list(map(attrgetter("timestamp"), actors)),
    }
    parents = list(map(attrgetter("parent"), actors))
    if any(parents):
        json["parents"] = [parent and [parent.actor_type, parent.key] for parent in parents]
    times = list(map(attrgetter("changed_at"), actors))
    if any(times):
        json["changed_at"] = [time and value_to_json(time) for time in times]
    return json | _columns_to_json(list(map(attrgetter("values"), actors)))


def records_from_json(json: Any) -> tuple[Actor, ...]:
    """Return the records of their columns.

    Raises:
        MessageError: They are not of the form, or too many.
    """
    columns = read_object(json, "records")
    keys = read_texts(columns.get("keys"), "keys")
    if len(keys) > MOST_RECORDS:
        raise MessageError(f"it holds more than {MOST_RECORDS} records")
    timestamps = _as_long(read_texts(columns.get("timestamps"), "timestamps"), keys)
    types = columns.get("actor_type")
    return tuple(
        map(
            Actor,
            repeat(types) if isinstance(types, str) else _as_long(read_texts(types, "actor_type"), keys),
            keys,
            _values_from_json(columns, len(keys)),
            timestamps,
            _optional(columns, "parents", _parent, keys),
            _optional(columns, "changed_at", _time, keys),
        )
    )


def _columns_to_json(records: Sequence[Mapping[str, Value]]) -> dict[str, Any]:
    if (columns := _whole_columns(records)) is not None:
        forms = {name: column_to_json(column) for name, column in columns.items()}
        return {
            "types": {name: type_ for name, (type_, _values) in forms.items()},
            "values": {name: values for name, (_type, values) in forms.items()},
        }
    types, values, absent = {}, {}, {}
    for name in dict.fromkeys(name for record in records for name in record):
        absent[name] = [place for place, record in enumerate(records) if name not in record]
        types[name], values[name] = column_to_json([record.get(name) for record in records])
    absent = {name: places for name, places in absent.items() if places}
    return {"types": types, "values": values} | ({"absent": absent} if absent else {})


def _whole_columns(records: Sequence[Mapping[str, Value]]) -> Mapping[str, Sequence[Value]] | None:
    """Return the columns of records that all have the same fields, as nearly all have; else None."""
    names = tuple(records[0]) if records else ()
    if len(names) < 2 or set(map(len, records)) != {len(names)}:
        return None
    try:
        return dict(zip(names, zip(*map(itemgetter(*names), records), strict=True), strict=True))
    except KeyError:
        return None


def column_to_json(column: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """Return the type of a column and the JSON forms of its values.

    Raises:
        ValueError: A value is of a type that fields do not have.
    """
    type_ = _type_of(column)
    if type_ == MIXED:
        return type_, [marked_value_to_json(value) for value in column]
    if type_ in _AS_THEY_ARE:
        return type_, column
    write = str if type_ == FieldType.DOUBLE and _are_finite(column) else value_to_json
    return type_, [value if value is None else write(value) for value in column]


def _type_of(column: Sequence[Any]) -> str:
    kinds = set(map(type, column)) - {_NONE}
    if kinds == {datetime}:
        zones = {value.tzinfo is None for value in column if value is not None}
        return MIXED if len(zones) > 1 else FieldType.LOCAL_DATETIME if zones.pop() else FieldType.DATETIME
    if len(kinds) > 1:
        return MIXED
    return _TYPES.get(kinds.pop(), MIXED) if kinds else FieldType.TEXT


def _are_finite(column: Sequence[Any]) -> bool:
    """Return whether `str` writes all decimals; `codec` refuses those that are no number."""
    return all(value.is_finite() for value in column if value is not None)


def _values_from_json(columns: Mapping[str, Any], count: int) -> list[dict[str, Value]]:
    values, types = read_object(columns.get("values"), "values"), read_object(columns.get("types"), "types")
    if len(values) > MOST_COLUMNS:
        raise MessageError(f"it holds more than {MOST_COLUMNS} columns")
    converted = [_column_from_json(name, types.get(name), column, count) for name, column in values.items()]
    names = tuple(values)
    records: list[dict[str, Value]]
    # they are all as long as the keys, and to have that checked again for each record takes time
    records = [dict(zip(names, row, strict=False)) for row in zip(*converted, strict=False)] if names else []
    if not records:
        records = [{} for _record in range(count)]
    for name, places in read_object(columns.get("absent", {}), "absent").items():
        for place in read_list(places, "absent"):
            if type(place) is not int or not 0 <= place < count or name not in records[place]:
                raise MessageError(f"absent names a place that the column {name:.60} does not have")
            del records[place][name]
    return records


def _column_from_json(name: str, type_: Any, column: Any, count: int) -> Sequence[Value]:
    given = read_list(column, f"the column {name:.60}")
    if len(given) != count:
        raise MessageError(f"the column {name:.60} is not as long as the keys")
    try:
        if type_ == MIXED:
            return [marked_value_from_json(value) for value in given]
        field_type = FieldType(type_)
        if field_type in _PLAIN:
            return given
        convert = _CONVERSIONS.get(field_type)
        kinds = set(map(type, given))
        if convert is not None and kinds == {str}:
            return list(map(convert, given))
        if convert is not None and kinds <= {str, _NONE}:
            return [None if value is None else convert(value) for value in given]
        return [value_from_json(field_type, value) for value in given]
    except (ValueError, ArithmeticError):
        raise MessageError(f"the column {name:.60} holds what is not of its type") from None


def _finite(text: str) -> Decimal:
    if len(text) > LONGEST_NUMBER:
        raise ValueError("too many digits")
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError("no finite number")
    return number


def _instant(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    if read.tzinfo is UTC:
        return read
    if read.tzinfo is None:
        raise ValueError("no zone")
    return read.astimezone(UTC)


_CONVERSIONS: Mapping[FieldType, Callable[[str], Value]] = {
    FieldType.DOUBLE: _finite,
    FieldType.LIST: ListKey,
    FieldType.DATE: date.fromisoformat,
    FieldType.DATETIME: _instant,
}
"""From a text, without the checks that a value in doubt needs; `codec` does those."""


def _optional(columns: Mapping[str, Any], name: str, read: Callable[[Any], Any], keys: Sequence[str]) -> Any:
    if (column := columns.get(name)) is None:
        return repeat(None)
    _as_long(read_list(column, name), keys)
    try:
        return [None if one is None else read(one) for one in column]
    except (ValueError, TypeError, OverflowError):
        raise MessageError(f"{name} is malformed") from None


def _parent(json: Any) -> ActorReference:
    actor_type, key = read_list(json, "a parent")
    return ActorReference(read_text(actor_type, "a parent's type"), read_text(key, "a parent's key"))


def _time(json: Any) -> datetime:
    return _instant(read_text(json, "a time"))


def _as_long(column: list[Any], keys: Sequence[str]) -> list[Any]:
    if len(column) != len(keys):
        raise MessageError("the columns are not all as long as the keys")
    return column
