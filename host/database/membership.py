"""The condition that a column has one of many values, in a statement that is the same for any number of them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, String, Text, any_, bindparam, func, select
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
    given = list(values)
    if session.get_bind().dialect.name == "postgresql":
        kind = BigInteger() if isinstance(expression.type, Integer) else Text()
        return expression == any_(bindparam(None, given, ARRAY(kind), unique=True))
    listed = func.json_each(bindparam(None, dump_json(given), String(), unique=True)).table_valued("value")
    return expression.in_(select(listed.c.value))
