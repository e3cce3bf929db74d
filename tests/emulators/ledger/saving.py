"""Writing into the books as a caller does: checked, normalised, one record at a time."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tests.emulators.ledger.books import Books, Record, held
from tests.emulators.ledger.shape import TABLES, Column

Rules = Mapping[tuple[str, str], Sequence[str]]
"""(table, column) → what the ERP makes of texts: `upper`, `trim`, `cut:20`, `pad:10`; of decimals: `round:1`."""


class RefusedError(Exception):
    """The ERP refuses a record, which stays as it is."""

    def __init__(self, text: str, column: str = "", *, stale: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.column = column
        self.stale = stale


def create(books: Books, table: str, sent: Mapping[str, Any], parent: str | None, rules: Rules) -> Record:
    """Create a record.

    Raises:
        RefusedError: A value or the parent is not allowed.
    """
    with books.lock:
        values = {name: _accepted(books, table, name, value, rules) for name, value in sent.items()}
        for column in TABLES[table].columns:
            if column.mandatory and not values.get(column.key):
                raise RefusedError(f"{column.label} must be given", column.key)
        parents = TABLES[table].parent
        if parents and (parent is None or books.visible(parents, parent) is None):
            raise RefusedError(f"there is no {parents} {parent}")
        for column in TABLES[table].columns:
            if column.kind == "lines" and values.get(column.key):
                values[column.key] = _numbered(values[column.key], ())
        return books.put(table, books.next_key(table), values, parent)


def save(
    books: Books, table: str, key: str, sent: Mapping[str, Any], version: str | None, parent: str | None, rules: Rules
) -> Record:
    """Change a record; columns that are not sent stay as they are. What is equal changes nothing.

    Args:
        version: As the caller knows it; None saves whatever the present one is.

    Raises:
        RefusedError: It is gone, changed since that version, or a value is not allowed.
    """
    with books.lock:
        record = books.visible(table, key)
        if record is None:
            raise RefusedError(f"there is no {table} {key}")
        if version is not None and version != str(record.version):
            raise RefusedError("somebody else changed it meanwhile", stale=True)
        values = {name: _accepted(books, table, name, value, rules) for name, value in sent.items()}
        for column in TABLES[table].columns:
            if column.key in values and column.mandatory and not values[column.key]:
                raise RefusedError(f"{column.label} must be given", column.key)
            if column.key in values and column.kind == "lines":
                values[column.key] = _numbered(values[column.key] or [], record.values.get(column.key) or ())
        moved = parent is not None and parent != record.parent
        if moved and books.visible(TABLES[table].parent, str(parent)) is None:
            raise RefusedError(f"there is no {TABLES[table].parent} {parent}")
        if moved or any(record.values.get(name) != value for name, value in values.items()):
            books.put(table, key, values, parent)
        return record


def _accepted(books: Books, table: str, name: str, value: Any, rules: Rules) -> Any:
    column = TABLES[table].by_key.get(name)
    if column is None:
        raise RefusedError(f"there is no column {name}", name)
    if column.read_only:
        raise RefusedError(f"{column.label} cannot be changed", name)
    return _checked(books, column, normalised(value, rules.get((table, name), ())))


def _checked(books: Books, column: Column, value: Any) -> Any:
    if value is None:
        return None
    match column.kind:
        case "text" if column.max_length and len(value) > column.max_length:
            raise RefusedError(f"{column.label} is longer than {column.max_length} characters", column.key)
        case "list" if value not in books.lists[column.list_name]:
            raise RefusedError(f"{column.label} has no item {value}", column.key)
    return held(column, value)


def normalised(value: Any, steps: Sequence[str]) -> Any:
    """Return what the ERP makes of a value on the way in."""
    for step in steps:
        kind, _, amount = step.partition(":")
        if value is None:
            return None
        match kind:
            case "upper":
                value = value.upper()
            case "trim":
                value = value.strip()
            case "cut":
                value = value[: int(amount)]
            case "pad":
                value = value.ljust(int(amount))
            case "round":
                value = format(round(Decimal(value), int(amount)), "f")
    return value


def _numbered(sent: Sequence[Mapping[str, Any]], present: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return lines in the order they were sent; new ones get a number of the ERP's own, those not sent are gone."""
    known = {line["key"]: line["values"] for line in present}
    highest = max((int(key) for key in known if key.isdigit()), default=0)
    lines = []
    for line in sent:
        key = line["key"]
        if key not in known:
            highest += 10
            key = str(highest)
        lines.append({"key": key, "values": {**known.get(key, {}), **line["values"]}})
    return lines
