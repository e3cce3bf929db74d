"""Values between the wire of Ledger and the contract."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sync_connectors import Access, Field, FieldType, ListKey, Rows, Value
from tests.emulators.ledger.shape import REFERENCE, TABLES, Column

_TYPES = {
    "text": FieldType.TEXT,
    "whole": FieldType.INTEGER,
    "decimal": FieldType.DOUBLE,
    "truth": FieldType.CHECKBOX,
    "list": FieldType.LIST,
    "date": FieldType.DATE,
    "time": FieldType.DATETIME,
    "lines": FieldType.ROWS,
}
_READERS: dict[str, Callable[[Any], Value]] = {
    "decimal": Decimal,
    "list": ListKey,
    "date": date.fromisoformat,
    "time": lambda text: datetime.fromisoformat(text).astimezone(UTC),
}


def fields_of(table: str, *, reference: bool = True) -> tuple[Field, ...]:
    """Return the fields of a table, with or without the one for the caller's own id."""
    columns = TABLES[table].columns
    return tuple(_field(column, rank) for rank, column in enumerate(columns, 1) if reference or column.key != REFERENCE)


def values_of(table: str, sent: Mapping[str, Any]) -> dict[str, Value]:
    """Return the typed values of a record that Ledger sent."""
    columns = TABLES[table].by_key
    return {name: _read(columns[name], value) for name, value in sent.items() if name in columns}


def sent_of(values: Mapping[str, Value]) -> dict[str, Any]:
    """Return values as they are sent to Ledger."""
    return {name: _sent(value) for name, value in values.items()}


def _field(column: Column, rank: int) -> Field:
    access = Access.MANDATORY if column.mandatory else Access.READ_ONLY if column.read_only else Access.NORMAL
    return Field(
        column.key,
        column.label,
        _TYPES[column.kind],
        list_name=column.list_name,
        rank=rank,
        max_length=column.max_length,
        access=access,
        decimals=column.decimals,
        row_fields=tuple(_field(each, place) for place, each in enumerate(column.columns, 1)),
    )


def _read(column: Column, value: Any) -> Value:
    if value is None:
        return None
    if column.kind == "lines":
        columns = {each.key: each for each in column.columns}
        return Rows(
            {line["key"]: {name: _read(columns[name], one) for name, one in line["values"].items()} for line in value}
        )
    return _READERS[column.kind](value) if column.kind in _READERS else value


def _sent(value: Value) -> Any:
    match value:
        case Rows():
            return [
                {"key": key, "values": {name: _sent(one) for name, one in row.items()}} for key, row in value.items()
            ]
        case Decimal():
            return format(value, "f")
        case datetime() | date():
            return value.isoformat()
        case ListKey():
            return str(value)
        case _:
            return value
