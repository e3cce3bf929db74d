"""Rows in a flat file: their columns stand beside the fields of the record, which is repeated for each of its rows."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from host.crm.fields import CrmField, CrmType
from host.crm.row_texts import input_name
from host.crm.row_values import UNNAMED
from host.crm.values import CrmRows, CrmValue

Errors = dict[str, list[str]]


def fillable(known: Mapping[str, CrmField]) -> dict[str, CrmField]:
    """Return what columns of a file may fill, by key: the fields that hold one value, and columns of rows."""
    fields: dict[str, CrmField] = {}
    for key, field in known.items():
        if field.type is not CrmType.ROWS:
            fields[key] = field
        for column in field.row_fields:
            name = f"{key}.{column.key}"
            fields[name] = replace(column, key=name, label=f"{field.label}: {column.label}")
    return fields


def holds_rows(keys: Collection[str], known: Mapping[str, CrmField]) -> bool:
    """Whether any of these keys is that of a column of rows."""
    return any(key not in known and key in fillable(known) for key in keys)


def label_of(known: Mapping[str, CrmField], place: str) -> str:
    """Return what people call the place of a fault: a field, a column of rows, or a cell of the rows."""
    if place in known:
        return str(known[place].label)
    key, _dot, column = place.rpartition(".")
    owner, _dot, row_key = key.partition(".")
    columns = {each.key: each for each in known[owner].row_fields} if owner in known else {}
    if column not in columns:
        return ""
    number = row_key.removeprefix(UNNAMED)
    return " ".join(part for part in (str(known[owner].label), number, str(columns[column].label)) if part)


def take_row(
    known: Mapping[str, CrmField], values: dict[str, CrmValue], errors: Errors, rows: dict[str, CrmRows]
) -> None:
    """Take the columns of rows out of what was read of one row of a file, and add them to the rows of its record.

    Args:
        known: The fields of the entity.
        values: What was read; keeps the fields that hold one value.
        errors: What is wrong with it; faults of cells get the place of their row.
        rows: The rows that were read of the record so far, by the key of their field.
    """
    for field in known.values():
        if not field.row_fields:
            continue
        names = {f"{field.key}.{column.key}": column.key for column in field.row_fields}
        place = f"{UNNAMED}{len(rows.setdefault(field.key, {})) + 1}"
        cells = {names[name]: values.pop(name) for name in list(values) if name in names}
        faults = {names[name]: errors.pop(name) for name in list(errors) if name in names}
        if faults or any(cell not in (None, "") for cell in cells.values()):
            rows[field.key][place] = {key: cell for key, cell in cells.items() if not isinstance(cell, dict)}
        errors.update({input_name(field, place, column): several for column, several in faults.items()})
