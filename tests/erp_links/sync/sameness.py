"""Whether a record of Ledger and one of the hub hold the same, judged without the engine's own conversions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.emulators.ledger.saving import normalised
from tests.emulators.ledger.shape import TABLES, Column


@dataclass(frozen=True)
class Difference:
    """One value in which the two sides differ."""

    link: int
    table: str
    key: str
    column: str
    erp: Any
    hub: Any


def same(column: Column, erp: Any, hub: Any, steps: Sequence[str], columns: Mapping[str, str]) -> bool:
    """Return whether two values stand for the same.

    Args:
        erp: As Ledger holds it.
        hub: As the hub holds it.
        steps: What Ledger makes of values of this column on the way in.
        columns: Ledger's column → the hub's, of the lines of an order.
    """
    if column.kind == "lines":
        by_key = {each.key: each for each in column.columns if each.key in columns}
        erp_lines = [[_form(by_key[key], line["values"].get(key), ()) for key in by_key] for line in erp or ()]
        hub_lines = [
            [_form(by_key[key], line.get(columns[key]), ()) for key in by_key] for line in (hub or {}).values()
        ]
        return sorted(map(repr, erp_lines)) == sorted(map(repr, hub_lines))
    return _form(column, erp, steps) == _form(column, hub, steps)


def _form(column: Column, value: Any, steps: Sequence[str]) -> Any:
    """Return one form for all values that stand for the same."""
    value = value.strip() if isinstance(value, str) else value
    if value in (None, ""):
        return None
    if isinstance(value, date | datetime):
        return value.isoformat()
    if column.kind == "decimal":
        number = round(Decimal(value), column.decimals or 0)
        return Decimal(normalised(format(number, "f"), steps)).normalize()
    kept = normalised(value, steps)
    return kept.strip() if isinstance(kept, str) else kept


def column_of(table: str, name: str) -> Column:
    """Return a column of Ledger."""
    return TABLES[table].by_key[name]
