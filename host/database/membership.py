"""Looking for many values at once, in a statement that is the same for any number of them."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    String,
    TableValuedAlias,
    Text,
    any_,
    bindparam,
    cast,
    func,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import Session

from host.database.json_texts import dump_json


def among(
    session: Session, expression: ColumnElement[Any], values: Collection[str] | Collection[int]
) -> ColumnElement[bool]:
    """Return the condition that an expression has one of these values.

    All of them are one parameter: unlike with `in_`, neither the statement is made anew for each number of values, nor
    is each of them bound by itself, which costs more than the search does.

    Args:
        session: Any session, for the kind of database.
        expression: A column of texts or of whole numbers.
        values: All texts or all whole numbers.
    """
    is_postgresql = is_on_postgresql(session)
    return _condition(expression, bindparam(None, one_parameter(values), unique=True), is_postgresql)


def among_parameter(expression: ColumnElement[Any], name: str, *, is_postgresql: bool) -> ColumnElement[bool]:
    """Return the same condition for a statement that is made once; `one_parameter` makes the value of the parameter."""
    return _condition(expression, bindparam(name), is_postgresql)


def select_named(
    columns: Sequence[ColumnElement[Any]],
    conditions: Sequence[ColumnElement[bool]],
    key: ColumnElement[Any],
    name: str,
    *,
    is_postgresql: bool,
    is_unique: bool = True,
) -> Select[Any]:
    """Return a statement, made once, for the rows whose key is among the values of a parameter.

    PostgreSQL goes through the index once for each value, whatever it thinks of the table. With the plain condition it
    prefers, as long as it has no statistics of a growing table, to read all that meets the others.

    Args:
        columns: What to select.
        conditions: What holds of all rows; with the key they are the columns of an index.
        key: A column of texts.
        name: Name of the parameter; `one_parameter` makes its value.
        is_postgresql: The kind of database.
        is_unique: Whether no two rows have the same key.
    """
    if not is_postgresql:
        return select(*columns).where(*conditions, among_parameter(key, name, is_postgresql=False))
    listed = _listed(bindparam(name), is_postgresql=True)
    found = select(*columns).where(*conditions, key == listed.c.value)
    # a limit or an offset keeps the planner from turning it into a join whose sides it may swap
    row = (found.limit(1) if is_unique else found.offset(0)).lateral("named")
    return select(*row.c).select_from(listed.join(row, true()))


def among_selected(column: ColumnElement[Any], statement: Select[Any], *, is_postgresql: bool) -> ColumnElement[bool]:
    """Return the condition that a column has one of the values of a statement, which is answered first."""
    if not is_postgresql:
        return column.in_(statement)
    return column == any_(func.array(statement.scalar_subquery()))


def one_parameter(values: Collection[str] | Collection[int]) -> str:
    """Return many values as the one parameter that these conditions take."""
    return dump_json(list(values))


def is_on_postgresql(session: Session) -> bool:
    """Return the kind of database that a session works on."""
    return session.get_bind().dialect.name == "postgresql"


def _condition(
    expression: ColumnElement[Any], parameter: BindParameter[Any], is_postgresql: bool
) -> ColumnElement[bool]:
    value: ColumnElement[Any] = _listed(parameter, is_postgresql).c.value
    if is_postgresql:
        value = cast(value, BigInteger() if isinstance(expression.type, Integer) else Text())
    return among_selected(expression, select(value), is_postgresql=is_postgresql)


def _listed(parameter: BindParameter[Any], is_postgresql: bool) -> TableValuedAlias:
    """Return the values of a parameter as a table; as JSON, because the driver takes ten times as long for an array."""
    text = type_coerce(parameter, String())
    if is_postgresql:
        return func.json_array_elements_text(cast(text, JSON)).table_valued("value").render_derived()
    return func.json_each(text).table_valued("value")
