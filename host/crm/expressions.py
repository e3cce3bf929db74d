"""SQL for the value of a field, the same for standard and user-defined fields and on both databases."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, String, cast, func, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from host.crm.fields import CrmField, CrmType
from host.crm.models import CrmListItem
from host.crm.registry import entity_type_of
from host.crm.tables import table_of
from host.database import ExactDecimal
from host.database.types import EXACT_DECIMAL_COLLATION


class folded(GenericFunction[str]):  # noqa: N801 - used as a function of SQL
    """A text as it is compared: lower case, trimmed, ordered by code point. SQLite lowers ASCII letters only."""

    type = String()
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


def sort_expression(entity_type: str, field: CrmField) -> ColumnElement[Any]:
    """Return what lists are sorted by: the names of list items and records, not their keys."""
    if field.type is CrmType.LIST:
        name = select(folded(CrmListItem.name)).where(
            CrmListItem.list_key == field.list_key, CrmListItem.key == value_expression(entity_type, field)
        )
        return name.scalar_subquery()
    if field.type is CrmType.REFERENCE:
        other = table_of(field.references).alias("referenced")
        first = entity_type_of(field.references).by_key[entity_type_of(field.references).default_sort]
        column = other.c[first.folded_column or first.column]
        return select(column).where(other.c.id == value_expression(entity_type, field)).scalar_subquery()
    return comparable_expression(entity_type, field)


def contains(expression: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Return whether a folded expression contains the text; `%` and `_` in it mean themselves."""
    return func.coalesce(expression, "").contains(text, autoescape=True)
