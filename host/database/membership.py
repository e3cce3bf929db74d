"""The condition that a column has one of many values, in a statement that is the same for any number of them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Integer,
    String,
    Text,
    any_,
    bindparam,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY
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
    return _condition(expression, bindparam(None, one_parameter(values, is_postgresql), unique=True), is_postgresql)


def among_parameter(expression: ColumnElement[Any], name: str, *, is_postgresql: bool) -> ColumnElement[bool]:
    """Return the same condition for a statement that is made once; `one_parameter` makes the value of the parameter."""
    return _condition(expression, bindparam(name), is_postgresql)


def one_parameter(values: Collection[str] | Collection[int], is_postgresql: bool) -> Any:
    """Return many values as the one parameter that these conditions take."""
    return list(values) if is_postgresql else dump_json(list(values))


def is_on_postgresql(session: Session) -> bool:
    """Return the kind of database that a session works on."""
    return session.get_bind().dialect.name == "postgresql"


def _condition(
    expression: ColumnElement[Any], parameter: BindParameter[Any], is_postgresql: bool
) -> ColumnElement[bool]:
    if is_postgresql:
        kind = BigInteger() if isinstance(expression.type, Integer) else Text()
        return expression == any_(type_coerce(parameter, ARRAY(kind)))
    listed = func.json_each(type_coerce(parameter, String())).table_valued("value")
    return expression.in_(select(listed.c.value))
