"""Checking the rows of a record: their keys, their columns, and which stored row each of them is."""

import secrets
from collections.abc import Collection, Mapping

from flask_babel import gettext as _

from host.crm.fields import CrmField
from host.crm.rows import completed
from host.crm.tables import ROW_KEY_LENGTH
from host.crm.values import CrmRows, CrmScalar, checker_of

UNNAMED = "+"
"""Keys that begin so stand for rows that have none yet: `+1`, `+2` …"""

MOST_ROWS = 1_000
"""Rows that a person or program may give a record."""

Faults = dict[str, list[str]]
"""What is wrong, by `lines`, `lines.<row key>` or `lines.<row key>.<column>`."""


def checked_rows(
    field: CrmField, given: object, present: CrmRows, items: Mapping[str, Collection[str]]
) -> tuple[CrmRows, Faults]:
    """Return rows as the hub stores them, all with all columns, and what is wrong with them.

    A column that a row does not have stays as it is stored. What stays as it is, is not judged.

    Args:
        field: A ROWS field.
        given: All rows that the record shall have; None means none.
        present: The rows that it has.
        items: Keys of the items that may be chosen, by the key of their list.
    """
    if given is None or given == "":
        return {}, {}
    if not isinstance(given, dict) or not all(isinstance(row, dict) for row in given.values()):
        return {}, {field.key: [_("must be rows")]}
    if len(given) > MOST_ROWS:
        return {}, {field.key: [_("must have at most %(count)s rows", count=MOST_ROWS)]}
    faults: Faults = {}
    checkers = {each.key: checker_of(each, items.get(each.list_key, ())) for each in field.row_fields}
    names = _names(field, given, present)
    rows: CrmRows = {}
    for key, row in given.items():
        name = names[key]
        if fault := _fault_of_key(name):
            faults[f"{field.key}.{key}"] = [fault]
        before = present.get(name, {})
        rows[name] = {}
        for column, value in row.items():
            place = f"{field.key}.{key}.{column}"
            if column not in checkers:
                faults[place] = [_("is not a column of these rows")]
            elif column in before and before[column] == value:
                rows[name][column] = value
            else:
                try:
                    rows[name][column] = checkers[column](value)
                except ValueError as error:
                    faults[place] = [str(error)]
    return completed(field, rows, present), faults


def _names(field: CrmField, given: Mapping[str, Mapping[str, CrmScalar]], present: CrmRows) -> dict[str, str]:
    """Return under which key each given row is stored.

    Where no row has a key, as in a file or from a system that does not keep ours, those that are stored already keep
    theirs: first the ones that are equal, then the others in their order. Else a repeated import would make all rows
    anew.
    """
    unnamed = [key for key in given if key.startswith(UNNAMED)]
    names = {key: key for key in given}
    left = dict(present) if len(unnamed) == len(given) else {}
    changed = []
    for key in unnamed:
        equal = next((name for name, row in left.items() if _is_equal(field, given[key], row)), None)
        if equal is None:
            changed.append(key)
        else:
            names[key] = equal
            del left[equal]
    for key in changed:
        names[key] = next(iter(left), "") or _new_key()
        left.pop(names[key], None)
    return names


def _is_equal(field: CrmField, given: Mapping[str, CrmScalar], stored: Mapping[str, CrmScalar]) -> bool:
    columns = [each.key for each in field.row_fields if each.key in given]
    return all(stored.get(column) == (None if given[column] == "" else given[column]) for column in columns)


def _new_key() -> str:
    # drawn, not counted: a number that was free again would make a new row pass for one that went
    return f"n{secrets.token_hex(6)}"


def _fault_of_key(key: object) -> str:
    if not isinstance(key, str) or not key.strip() or key != key.strip() or not key.isprintable():
        return str(_("must have a key without blanks around it and without control characters"))
    if len(key) > ROW_KEY_LENGTH:
        return str(_("must have a key of at most %(count)s characters", count=ROW_KEY_LENGTH))
    return ""
