"""Updating many rows by their ids, each with values of its own, in one statement on PostgreSQL."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import repeat
from typing import Any

import orjson
from sqlalchemy import JSON, ColumnElement, String, Table, Update, bindparam, column, func, type_coerce, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from host.database.inserting import sqlite_values
from host.database.membership import is_on_postgresql

Conditions = tuple[ColumnElement[bool], ...]


def update_rows(
    session: Session,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    matching: tuple[str, ...] = (),
    conditions: Conditions = (),
) -> None:
    """Update rows; those that do not exist, or do not meet the conditions, are passed over.

    PostgreSQL plans a statement much longer than it carries it out for one row, so it gets one for all. SQLite's driver
    gets the rows as they are stored, as with inserts.

    Args:
        session: A session that writes.
        table: A table with an `id`.
        rows: Per row its `id` and the values by column, the same columns for all. With none nothing happens.
        matching: Those of the columns that are not changed, but have to be as they are given.
        conditions: What has to hold of all rows, made once.
    """
    if not rows:
        return
    names, keys = tuple(rows[0]), ("id", *matching)
    if is_on_postgresql(session):
        statement = _all_at_once(table, names, keys, conditions)
        session.connection().execute(statement, {"rows": _as_json(table, rows, session.get_bind().dialect)})
    else:
        text, order, fixed = _each(table, names, keys, conditions, session.get_bind().dialect)
        columns: dict[str, Iterable[Any]] = {
            f"new_{name}": sqlite_values(table.c[name], [row[name] for row in rows]) for name in names
        }
        told = [columns[name] if name in columns else repeat(fixed[name], len(rows)) for name in order]
        session.connection().exec_driver_sql(text, [*zip(*told, strict=True)])


@cache
def _each(
    table: Table, names: tuple[str, ...], keys: tuple[str, ...], conditions: Conditions, dialect: Dialect
) -> tuple[str, Sequence[str], Mapping[str, Any]]:
    """Return the statement for one row, the names of its parameters in order, and those that do not hang on the row."""
    found = [table.c[name] == bindparam(f"new_{name}") for name in keys]
    changed: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names if name not in keys}
    compiled = update(table).where(*found, *conditions).values(changed).compile(dialect=dialect)
    return str(compiled), compiled.positiontup or (), compiled.params


@cache
def _all_at_once(table: Table, names: tuple[str, ...], keys: tuple[str, ...], conditions: Conditions) -> Update:
    parameter = sql_cast(type_coerce(bindparam("rows"), String()), JSON)
    columns = [column(name, table.c[name].type) for name in names]
    new = func.json_to_recordset(parameter).table_valued(*columns, name="new").render_derived(with_types=True).c
    found = [table.c[name] == new[name] for name in keys]
    return update(table).where(*found, *conditions).values({name: new[name] for name in names if name not in keys})


def _as_json(table: Table, rows: Sequence[Mapping[str, Any]], dialect: Dialect) -> str:
    types = {name: table.c[name].type for name in rows[0]}
    decorated = {name: each for name, each in types.items() if isinstance(each, TypeDecorator)}
    told = [
        {**row, **{name: each.process_bind_param(row[name], dialect) for name, each in decorated.items()}}
        for row in rows
    ]
    try:
        return orjson.dumps(told, default=_text, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()
    except TypeError:  # a number beyond 64 bits
        return json.dumps(told, default=_text)


def _text(value: object) -> str:
    """Return a value as PostgreSQL reads it from a text."""
    match value:
        case date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case bytes():
            return f"\\x{value.hex()}"
    raise TypeError(f"{type(value).__name__} is not stored")
