"""Finding records: free text, and conditions on columns."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.emulators.ledger.books import Books, Record
from tests.emulators.ledger.saving import RefusedError
from tests.emulators.ledger.shape import TABLES


def search(
    books: Books, table: str, text: str = "", where: Sequence[Mapping[str, Any]] = (), parent: str | None = None
) -> list[Record]:
    """Return the records that hold a text and fulfil all conditions, below one parent if it is given.

    A condition is `{"column": …, "operator": …, "values": […]}` with the operators of the connector contract.
    """
    with books.lock:
        return [
            record
            for record in books.tables[table].values()
            if not record.hidden
            and (parent is None or record.parent == parent)
            and any(text.casefold() in str(value).casefold() for value in record.values.values())
            and all(_suits(table, record, condition) for condition in where)
        ]


def _suits(table: str, record: Record, condition: Mapping[str, Any]) -> bool:
    kind = TABLES[table].by_key[condition["column"]].kind
    compare = _OPERATORS.get(condition["operator"])
    if compare is None:
        raise RefusedError(f"there is no operator {condition['operator']}")
    held = {**record.values, "CHANGED": record.time or None}
    value = _comparable(kind, held.get(condition["column"]))
    return compare(value, [_comparable(kind, one) for one in condition["values"]])


def _comparable(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "decimal":
        return Decimal(value)
    if kind == "time":
        return datetime.fromisoformat(value)
    return value.casefold() if isinstance(value, str) else value


_OPERATORS: dict[str, Callable[[Any, list[Any]], bool]] = {
    "=": lambda value, wanted: value == wanted[0],
    "!=": lambda value, wanted: value != wanted[0],
    "isnot": lambda value, wanted: value != wanted[0],
    "oneof": lambda value, wanted: value in wanted,
    "notoneof": lambda value, wanted: value not in wanted,
    "between": lambda value, wanted: value is not None and wanted[0] <= value <= wanted[1],
    ">": lambda value, wanted: value is not None and value > wanted[0],
    "<": lambda value, wanted: value is not None and value < wanted[0],
    ">=": lambda value, wanted: value is not None and value >= wanted[0],
    "<=": lambda value, wanted: value is not None and value <= wanted[0],
    "after": lambda value, wanted: value is not None and value > wanted[0],
    "before": lambda value, wanted: value is not None and value < wanted[0],
    "afterOrEqual": lambda value, wanted: value is not None and value >= wanted[0],
    "beforeOrEqual": lambda value, wanted: value is not None and value <= wanted[0],
    "contains": lambda value, wanted: value is not None and wanted[0] in value,
    "begins": lambda value, wanted: value is not None and value.startswith(wanted[0]),
    "ends": lambda value, wanted: value is not None and value.endswith(wanted[0]),
    "notcontains": lambda value, wanted: value is None or wanted[0] not in value,
    "notbegins": lambda value, wanted: value is None or not value.startswith(wanted[0]),
    "notends": lambda value, wanted: value is None or not value.endswith(wanted[0]),
}
