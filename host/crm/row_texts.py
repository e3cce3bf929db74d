"""Rows in forms: each cell is an input named `lines.<row key>.<column>`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from flask_babel import gettext as _
from marshmallow import ValidationError

from host.crm.fields import CrmField
from host.crm.row_values import UNNAMED
from host.crm.schemas import values_by_key, values_schema
from host.crm.values import CrmRows, CrmScalar
from host.schemas import flattened

Cells = dict[str, dict[str, str]]
"""The texts of rows: by column key, by row key."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field, or a column of a row, that two people changed at the same time."""

    field: CrmField
    theirs: str
    yours: str


def input_name(field: CrmField, row_key: str, column: str) -> str:
    """Return the name of the input for a cell; also the name under which faults and texts of the cell stand."""
    return f"{field.key}.{row_key}.{column}"


def cells_in(texts: Mapping[str, str], field: CrmField) -> Cells:
    """Return those texts of a form that are cells of the field, in their order."""
    columns = {each.key for each in field.row_fields}
    cells: Cells = {}
    for name, text in texts.items():
        row_key, _dot, column = name.removeprefix(f"{field.key}.").rpartition(".")
        if name.startswith(f"{field.key}.") and row_key and column in columns:
            cells.setdefault(row_key, {})[column] = text
    return cells


def texts_of_cells(field: CrmField, cells: Cells) -> dict[str, str]:
    """Return cells as texts of a form."""
    return {input_name(field, key, column): text for key, row in cells.items() for column, text in row.items()}


def read_rows(field: CrmField, typed: Cells, base: Cells) -> tuple[CrmRows | None, dict[str, list[str]]]:
    """Return the rows of a form, and what is wrong with its cells by the name of their input.

    Cells that were left alone are left out: they stay as they are stored. New rows in which nothing stands are none.

    Args:
        field: The ROWS field.
        typed: What stands in the form.
        base: What the form began with.

    Returns:
        None in place of the rows where nothing was changed.
    """
    kept = {key: row for key, row in typed.items() if not key.startswith(UNNAMED) or any(row.values())}
    changed = {
        key: {column: text for column, text in row.items() if text != base.get(key, {}).get(column, "")}
        for key, row in kept.items()
    }
    if kept.keys() == base.keys() and not any(changed.values()):
        return None, {}
    rows: CrmRows = {}
    faults: dict[str, list[str]] = {}
    for key, texts in changed.items():
        rows[key], found = _read(field, texts)
        faults.update({input_name(field, key, column): several for column, several in found.items()})
    return rows, faults


def merged_rows(field: CrmField, typed: Cells, base: Cells, present: Cells) -> tuple[Cells, list[Difference]]:
    """Bring typed rows together with what somebody else saved meanwhile, as `host.crm.forms.merged` does with fields.

    A row that one side removed and the other changed stays, for the person to decide.
    """
    rows: Cells = {}
    differences: list[Difference] = []
    for key, theirs in present.items():
        before = base.get(key, {})
        if key in base and key not in typed:
            if theirs == before:
                continue
            differences.append(Difference(_row_field(field, key), _words(theirs), _("removed")))
        mine = {column: text for column, text in typed.get(key, {}).items() if text != before.get(column, "")}
        rows[key] = {**theirs, **mine}
        differences += _differing(field, key, mine, before, theirs)
    for key, row in typed.items():
        if key not in present and row != base.get(key):
            if key in base:
                differences.append(Difference(_row_field(field, key), _("removed"), _words(row)))
            rows[key] = row
    return rows, differences


def with_new_row(field: CrmField, cells: Cells) -> Cells:
    """Return cells with one more row in which nothing stands."""
    free = next(key for key in _unnamed_keys() if key not in cells)
    return {**cells, free: {each.key: "" for each in field.row_fields}}


def _unnamed_keys() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"{UNNAMED}{number}"


def _read(field: CrmField, texts: Mapping[str, str]) -> tuple[dict[str, CrmScalar], dict[str, list[str]]]:
    declared = [each for each in field.row_fields if each.key in texts]
    try:
        loaded = values_schema("RowForm", declared)(reads_text=True).load(texts)
        return _scalars(loaded, declared), {}
    except ValidationError as error:
        return _scalars(dict(error.valid_data or {}), declared), flattened(error.messages)


def _scalars(loaded: Mapping[str, object], declared: list[CrmField]) -> dict[str, CrmScalar]:
    return {key: value for key, value in values_by_key(loaded, declared).items() if not isinstance(value, dict)}


def _differing(
    field: CrmField, key: str, mine: Mapping[str, str], before: Mapping[str, str], theirs: Mapping[str, str]
) -> list[Difference]:
    columns = {each.key: each for each in field.row_fields}
    return [
        Difference(
            replace(columns[column], label=f"{field.label} {key}, {columns[column].label}"), theirs[column], text
        )
        for column, text in mine.items()
        if theirs.get(column, "") not in (before.get(column, ""), text)
    ]


def _row_field(field: CrmField, key: str) -> CrmField:
    return replace(field, label=f"{field.label} {key}")


def _words(row: Mapping[str, str]) -> str:
    return " · ".join(text for text in row.values() if text)
