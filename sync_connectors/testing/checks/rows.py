"""Checks of fields that hold rows, such as the lines of an order."""

from collections.abc import Iterator

from sync_connectors.contract.fields import Access, Field
from sync_connectors.contract.values import FieldType, Rows
from sync_connectors.testing.check import type_check
from sync_connectors.testing.comparing import same, shown
from sync_connectors.testing.outcomes import apply_if, require
from sync_connectors.testing.records import TypeBench


@type_check(
    mend="Store every column of `row_fields` for each row, and keep the order. Row keys may be the ERP's own.",
    writes=True,
)
def rows_are_kept(kind: TypeBench) -> None:
    """Rows come back as they were saved, in their order."""
    fields = kind.writable(FieldType.ROWS)
    apply_if(fields, "it has no rows that can be written")
    for field in fields:
        wanted = kind.made(field)
        kind.change(kind.own(), **{field.key: wanted})
        now = kind.own().values.get(field.key)
        require(same(wanted, now), f"{field.key} was saved as {shown(wanted)} and is {shown(now)}")


@type_check(
    mend="Give each row a key of its own in the ERP, and take a row whose key is known for that row. Base and merge "
    "work by row key.",
    writes=True,
)
def row_keys_stay(kind: TypeBench) -> None:
    """A row keeps its key when another one is changed."""
    for field, rows in _filled(kind):
        texts = [column for column in field.row_fields if column.type is FieldType.TEXT]
        writable = [column for column in texts if column.access is not Access.READ_ONLY]
        apply_if(writable, "its rows have no text that can be written")
        first = next(iter(rows))
        row = {**rows[first], writable[-1].key: kind.made(writable[-1])}
        kind.change(kind.own(), **{field.key: Rows({**rows, first: row})})
        now = kind.own().values.get(field.key)
        keys = list(now) if isinstance(now, Rows) else []
        require(
            set(keys) == set(rows), f"the rows of {field.key} had the keys {', '.join(rows)}, and now {', '.join(keys)}"
        )


@type_check(
    mend="Take the rows of a save for all rows that there are.",
    writes=True,
)
def absent_rows_are_removed(kind: TypeBench) -> None:
    """A row that is left out of a save is gone, and the others stay."""
    for field, rows in _filled(kind):
        first = next(iter(rows))
        kept = Rows({key: row for key, row in rows.items() if key != first})
        kind.change(kind.own(), **{field.key: kept})
        now = kind.own().values.get(field.key)
        require(same(kept, now), f"{field.key} was saved without its row {first}, and is {shown(now)}")


def _filled(kind: TypeBench) -> Iterator[tuple[Field, Rows]]:
    """Yield each field of rows with what it holds, which is at least two rows."""
    fields = kind.writable(FieldType.ROWS)
    apply_if(fields, "it has no rows that can be written")
    for field in fields:
        kind.change(kind.own(), **{field.key: kind.made(field)})
        rows = kind.own().values.get(field.key)
        if isinstance(rows, Rows) and len(rows) > 1:
            yield field, rows


CHECKS = (rows_are_kept, row_keys_stay, absent_rows_are_removed)
