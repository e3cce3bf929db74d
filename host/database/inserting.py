"""Inserting many rows by the driver itself: statements of many rows on SQLite, `COPY` on PostgreSQL.

This is the one module that passes SQLAlchemy's handling of parameters by, because that costs more than the insert does.
It works column by column: what holds for a column is found out once, and not per row.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import repeat
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import JSON, Boolean, Column, Connection, Date, Integer, LargeBinary, String, Table
from sqlalchemy.exc import DBAPIError

from host.database.json_texts import dump_json
from host.database.types import ExactDecimal, JsonObject, JsonText, UtcDateTime

if TYPE_CHECKING:
    import psycopg

_NULL = r"\N"
_ESCAPES = (("\\", r"\\"), ("\t", r"\t"), ("\n", r"\n"), ("\r", r"\r"))
"""What `COPY` takes for something else, the backslash first, and what stands for it."""


@dataclass(frozen=True, slots=True)
class Same:
    """A column that has one value in all rows."""

    value: Any


@dataclass(frozen=True, slots=True)
class JsonTexts:
    """The values of a JSON column that are serialised already."""

    texts: Sequence[str | None]


_ROWS_PER_STATEMENT = 100
_MOST_PARAMETERS = 32_766
"""What SQLite takes unless it was built otherwise (SQLITE_MAX_VARIABLE_NUMBER)."""

Values = Sequence[Any] | Same | JsonTexts
"""The values of one column, in the order of the rows."""

_Convert = Callable[[Sequence[Any]], Iterable[Any]]


def insert_columns(connection: Connection, table: Table, count: int, columns: Mapping[str, Values]) -> None:
    """Insert rows that are given column by column.

    Args:
        connection: In a transaction that writes.
        table: Where to.
        count: How many rows; with 0 nothing happens.
        columns: Values by name of the column. Columns that are absent take their default, or NULL.

    Raises:
        DBAPIError: As SQLAlchemy raises it, such as `IntegrityError`.
        KeyError: The table has no such column.
        ValueError: A time has no zone, or columns have different numbers of values.
    """
    if not count:
        return
    names = _written(table, frozenset(columns))
    given = {name: columns[name] if name in columns else _default(table.c[name]) for name in names}
    if connection.dialect.name == "postgresql":
        prepared = [_prepared(table.c[name], values, count, _TO_COPY) for name, values in given.items()]
        _copy(connection, _copy_statement(table, names), zip(*prepared, strict=True))
    else:
        _insert(connection, table, count, given)


def sqlite_values(column: Column[Any], values: Sequence[Any]) -> Iterable[Any]:
    """Return values of a column as SQLite stores them.

    Raises:
        ValueError: A time has no zone.
    """
    return _prepared(column, values, len(values), _TO_SQLITE)


@lru_cache(maxsize=256)
def _written(table: Table, given: frozenset[str]) -> tuple[str, ...]:
    if unknown := given - set(table.c.keys()):
        raise KeyError(f"{table.name} has no column {min(unknown)!r}")
    return tuple(column.name for column in table.c if column.name in given or column.default is not None)


def _insert(connection: Connection, table: Table, count: int, given: Mapping[str, Values]) -> None:
    """Insert rows by statements of many rows, and what is left over one by one.

    Python's lock is given back for the time of a statement and taken again behind it, which may take long while
    another thread computes; with `executemany` that is behind each row. The statements have one size, because SQLite
    keeps them prepared, and each takes memory by its rows.
    """
    names = tuple(given)
    columns = [list(_prepared(table.c[name], given[name], count, _TO_SQLITE)) for name in names]
    width, done = len(names), 0
    if _ROWS_PER_STATEMENT * width <= _MOST_PARAMETERS:
        statement = _insert_statement(table, names, _ROWS_PER_STATEMENT)
        parameters: list[Any] = [None] * (_ROWS_PER_STATEMENT * width)
        while count - done >= _ROWS_PER_STATEMENT:
            for place, column in enumerate(columns):
                parameters[place::width] = column[done : done + _ROWS_PER_STATEMENT]
            connection.exec_driver_sql(statement, tuple(parameters))
            done += _ROWS_PER_STATEMENT
    if done < count:
        rows = zip(*(column[done:] for column in columns), strict=True)
        connection.exec_driver_sql(_insert_statement(table, names, 1), list(rows))


@lru_cache(maxsize=64)
def _insert_statement(table: Table, names: tuple[str, ...], rows: int) -> str:
    # without numbers: SQLite keeps a list of parameters that have one, and looks each up from its beginning
    row = f"({', '.join('?' * len(names))})"
    return f"INSERT INTO {table.name} ({_quoted(names)}) VALUES {', '.join([row] * rows)}"  # noqa: S608 -- no value


@lru_cache(maxsize=256)
def _copy_statement(table: Table, names: tuple[str, ...]) -> str:
    return f"COPY {table.name} ({_quoted(names)}) FROM STDIN"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _default(column: Column[Any]) -> Same:
    default = cast(Any, column.default)
    return Same(default.arg(None) if default.is_callable else default.arg)


def _prepared(
    column: Column[Any], values: Values, count: int, converters: Mapping[type[Any], _Convert]
) -> Iterable[Any]:
    if isinstance(values, JsonTexts):
        return converters[String](values.texts)
    convert = next(converters[each] for each in type(column.type).__mro__ if each in converters)
    if isinstance(values, Same):
        (value,) = convert([values.value])
        return repeat(value, count)
    return convert(values)


def _copy(connection: Connection, statement: str, rows: Iterable[tuple[str, ...]]) -> None:
    """Send rows in PostgreSQL's text format; what the driver raises is raised as SQLAlchemy would."""
    # by way of the dialect: an installation on SQLite loads no driver of PostgreSQL, which takes 9 MB
    driver_error = cast(Any, connection.dialect.dbapi).Error
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    lines = "\n".join(map("\t".join, rows))
    try:
        with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            copy.write(f"{lines}\n")
    except driver_error as error:
        raise cast(
            Exception, DBAPIError.instance(statement, None, error, driver_error, dialect=connection.dialect)
        ) from error


def _each(convert: Callable[[Any], Any], empty: str | None) -> _Convert:
    """Return a function that converts the values that there are."""
    return lambda values: [empty if value is None else convert(value) for value in values]


def _as_they_are(values: Sequence[Any]) -> Sequence[Any]:
    return values


def _json_texts(values: Sequence[Any]) -> list[str | None]:
    return [None if value is None else dump_json(value) for value in values]


def _object_texts(values: Sequence[Any]) -> list[str | None]:
    return [dump_json(value) if value else None for value in values]


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a stored time needs a zone, give an aware datetime")
    return value.astimezone(UTC)


def _sqlite_time(value: datetime) -> str:
    return f"{_utc(value):%Y-%m-%d %H:%M:%S.%f}"


def _escaped(values: Sequence[str | None]) -> list[str]:
    """Return texts for `COPY`; one look at all of them tells which characters have to be escaped, mostly none."""
    together = "".join([value for value in values if value])
    for character, escape in _ESCAPES:
        if character in together:
            values = [value and value.replace(character, escape) for value in values]
    return [_NULL if value is None else value for value in values]


def _escaped_json(values: Sequence[Any]) -> list[str]:
    return _escaped(_json_texts(values))


def _escaped_objects(values: Sequence[Any]) -> list[str]:
    return _escaped(_object_texts(values))


_TO_SQLITE: Mapping[type[Any], _Convert] = {
    String: _as_they_are,
    Integer: _as_they_are,
    Boolean: _as_they_are,
    LargeBinary: _as_they_are,
    Date: _each(str, None),
    ExactDecimal: _each(lambda value: format(value, "f"), None),
    JSON: _json_texts,
    JsonText: _json_texts,
    JsonObject: _object_texts,
    UtcDateTime: _each(_sqlite_time, None),
}

_TO_COPY: Mapping[type[Any], _Convert] = {
    String: _escaped,
    Integer: _each(str, _NULL),
    Boolean: _each(lambda value: "t" if value else "f", _NULL),
    LargeBinary: _each(lambda value: rf"\\x{value.hex()}", _NULL),
    Date: _each(str, _NULL),
    ExactDecimal: _each(str, _NULL),
    JSON: _escaped_json,
    JsonText: _escaped_json,
    JsonObject: _escaped_objects,
    UtcDateTime: _each(lambda value: _utc(value).isoformat(), _NULL),
}
