"""SQL for the value of a field, the same for standard and user-defined fields and on both databases."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, String, cast, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from host.crm.fields import CrmField, CrmType
from host.crm.tables import table_of
from host.database import ExactDecimal
from host.database.types import EXACT_DECIMAL_COLLATION


class folded(GenericFunction[str]):  # noqa: N801 - used as a function of SQL
    """A text as it is compared: lower case, trimmed, ordered by code point. SQLite lowers ASCII letters only."""

    type = String()
    inherit_cache = True


class place_in(GenericFunction[int]):  # noqa: N801 - used as a function of SQL
    """Where a text begins within another, from 1; 0 where it does not stand there."""

    type = BigInteger()
    inherit_cache = True


class exact_number(GenericFunction[Any]):  # noqa: N801 - used as a function of SQL
    """A text of digits as a number."""

    type = ExactDecimal()
    inherit_cache = True


@compiles(folded)
def _folded(element: folded, compiler: SQLCompiler, **options: Any) -> str:
    return f"lower(trim({compiler.process(element.clauses, **options)}))"


@compiles(folded, "postgresql")
def _folded_on_postgresql(element: folded, compiler: SQLCompiler, **options: Any) -> str:
    return f'(lower(trim({compiler.process(element.clauses, **options)})) COLLATE "C")'


@compiles(place_in)
def _place_in(element: place_in, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(place_in, "postgresql")
def _place_in_on_postgresql(element: place_in, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


@compiles(exact_number)
def _exact_number(element: exact_number, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} COLLATE {EXACT_DECIMAL_COLLATION})"


@compiles(exact_number, "postgresql")
def _exact_number_on_postgresql(element: exact_number, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS NUMERIC)"


def value_expression(entity_type: str, field: CrmField) -> ColumnElement[Any]:
    """Return the field's value as its column has it; a user-defined date or time as the text of its JSON form."""
    table = table_of(entity_type)
    if not field.custom:
        return table.c[field.column]
    # literally and not as a parameter: only so does an index over the same expression serve it
    stored = literal_column(f"{table.name}.custom ->> '{field.key}'", String())
    if field.type is CrmType.INTEGER:
        return cast(stored, BigInteger)
    if field.type is CrmType.BOOLEAN:
        return cast(stored, Boolean)
    if field.type is CrmType.DECIMAL:
        return exact_number(stored)
    return stored


def comparable_expression(entity_type: str, field: CrmField) -> ColumnElement[Any]:
    """Return what is compared when records are found by the field: texts without case and without blanks around."""
    if field.folded_column:
        return table_of(entity_type).c[field.folded_column]
    value = value_expression(entity_type, field)
    return folded(value) if field.is_text else value


def contains(expression: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Return whether a folded expression contains the text, letter by letter."""
    return place_in(expression, text) > 0
