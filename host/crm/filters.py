"""Conditions on fields, as lists, the API and later exports understand them."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, exists, false, literal, or_
from sqlalchemy.orm import Session

from host.crm.expressions import comparable_expression, contains, value_expression
from host.crm.fields import CrmField, CrmType
from host.crm.registry import fields_of
from host.crm.tables import rows_table_of, table_of
from host.crm.values import CrmValue, fold, to_json

LONGEST_SEARCH = 200


class Comparison(StrEnum):
    """How a field is compared with a value."""

    EQUALS = "equals"
    CONTAINS = "contains"
    FROM = "from"
    TO = "to"
    EMPTY = "empty"
    FILLED = "filled"


COMPARISONS: Mapping[CrmType, tuple[Comparison, ...]] = {
    CrmType.TEXT: (Comparison.CONTAINS, Comparison.EQUALS, Comparison.EMPTY, Comparison.FILLED),
    CrmType.LONG_TEXT: (Comparison.CONTAINS, Comparison.EMPTY, Comparison.FILLED),
    CrmType.INTEGER: (Comparison.EQUALS, Comparison.FROM, Comparison.TO, Comparison.EMPTY, Comparison.FILLED),
    CrmType.DECIMAL: (Comparison.EQUALS, Comparison.FROM, Comparison.TO, Comparison.EMPTY, Comparison.FILLED),
    CrmType.BOOLEAN: (Comparison.EQUALS, Comparison.EMPTY, Comparison.FILLED),
    CrmType.DATE: (Comparison.EQUALS, Comparison.FROM, Comparison.TO, Comparison.EMPTY, Comparison.FILLED),
    CrmType.DATETIME: (Comparison.FROM, Comparison.TO, Comparison.EMPTY, Comparison.FILLED),
    CrmType.LIST: (Comparison.EQUALS, Comparison.EMPTY, Comparison.FILLED),
    CrmType.REFERENCE: (Comparison.EQUALS, Comparison.EMPTY, Comparison.FILLED),
    CrmType.ROWS: (Comparison.EMPTY, Comparison.FILLED),
}
"""What may be asked of a field of each type; the first is what a form offers."""


_OPERATORS: Mapping[Comparison, Callable[[Any, Any], ColumnElement[bool]]] = {
    Comparison.EQUALS: operator.eq,
    Comparison.FROM: operator.ge,
    Comparison.TO: operator.le,
}


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition: the field's value compared with `value`, which is a value of the field's type."""

    field: CrmField
    comparison: Comparison
    value: CrmValue = None


def condition(entity_type: str, wanted: Filter) -> ColumnElement[bool]:
    """Return the SQL of a filter.

    Raises:
        ValueError: a field of this type is not compared so.
    """
    field = wanted.field
    if wanted.comparison not in COMPARISONS[field.type]:
        raise ValueError(_("cannot be compared so"))
    if field.type is CrmType.ROWS:
        rows = rows_table_of(entity_type, field.key)
        has_rows = exists().where(rows.c.owner_id == table_of(entity_type).c.id)
        return has_rows if wanted.comparison is Comparison.FILLED else ~has_rows
    compared = comparable_expression(entity_type, field)
    if wanted.comparison in {Comparison.EMPTY, Comparison.FILLED}:
        return compared.is_(None) if wanted.comparison is Comparison.EMPTY else compared.is_not(None)
    value = _compared_with(field, wanted.value)
    if value is None:
        return false()
    if wanted.comparison is Comparison.CONTAINS:
        return contains(compared, str(value))
    return _OPERATORS[wanted.comparison](compared, literal(value, compared.type))


def search_condition(session: Session, entity_type: str, text: str) -> ColumnElement[bool]:
    """Return the SQL of a free text search: each word stands in one of the searchable fields.

    Texts are searched for the word; fields of other types must equal it where it can be read as their value.
    """
    fields = [field for field in fields_of(session, entity_type).values() if field.searchable]
    words = fold(text[:LONGEST_SEARCH]).split()
    return and_(*(_word_condition(entity_type, fields, word) for word in words))


def _word_condition(entity_type: str, fields: list[CrmField], word: str) -> ColumnElement[bool]:
    found: list[ColumnElement[bool]] = [false()]
    for field in fields:
        if field.is_text:
            found.append(contains(comparable_expression(entity_type, field), word))
        elif field.type is CrmType.INTEGER and word.removeprefix("-").isdecimal() and len(word) < 19:
            found.append(value_expression(entity_type, field) == int(word))
    return or_(*found)


def _compared_with(field: CrmField, value: CrmValue) -> Any:
    if field.is_text and isinstance(value, str):
        return fold(value)
    is_stored_as_text = field.custom and field.type in {CrmType.DATE, CrmType.DATETIME}
    return to_json(value) if is_stored_as_text else value
