"""Finding records by the values of fields, as the import and the sync engine recognise what they already know."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.orm import Session

from host.crm.expressions import comparable_expression
from host.crm.fields import CrmField
from host.crm.registry import entity_type_of, fields_of
from host.crm.tables import table_of
from host.crm.values import CrmValue, fold, to_json
from host.database import is_on_postgresql, one_parameter, select_named

TUPLES_PER_STATEMENT = 5_000
"""Both databases limit the parameters of a statement; a page of the engine is far smaller."""

Match = tuple[CrmValue, ...]


def find_by(
    session: Session, entity_type: str, field_keys: Sequence[str], tuples: Collection[Match]
) -> dict[Match, list[int]]:
    """Return the ids of the records whose fields have these values, ascending, for each of `tuples` that has any.

    Texts are compared without case and without blanks around them. A tuple with an empty value matches nothing:
    two records without a number are not the same record.

    Args:
        session: A session.
        entity_type: Key of the entity.
        field_keys: Keys of the fields to compare.
        tuples: Values to look for, each in the order of `field_keys`.

    Raises:
        KeyError: a key is no field of the entity.
    """
    standard = entity_type_of(entity_type).by_key
    known = standard if all(key in standard for key in field_keys) else fields_of(session, entity_type)
    fields = [known[key] for key in field_keys]
    normals = [_normal_of(field) for field in fields]
    asked: dict[Match, list[Match]] = defaultdict(list)
    for match in tuples:
        normal = tuple([of_field(value) for of_field, value in zip(normals, match, strict=True)])
        if None not in normal and "" not in normal:
            asked[normal].append(match)
    expressions = [comparable_expression(entity_type, field) for field in fields]
    found: dict[Match, list[int]] = defaultdict(list)
    for chunk in _chunks(list(asked)):
        for row in _rows(session, entity_type, fields, expressions, chunk):
            normal = tuple([of_field(value) for of_field, value in zip(normals, row[1:], strict=True)])
            for match in asked.get(normal, ()):
                found[match].append(row[0])
    return dict(found)


def _rows(
    session: Session,
    entity_type: str,
    fields: Sequence[CrmField],
    expressions: Sequence[ColumnElement[Any]],
    chunk: Sequence[Match],
) -> Iterable[Sequence[Any]]:
    """Return id and values of the records that have one of the matches, in the order of ids."""
    connection = session.connection()
    if len(fields) == 1 and fields[0].folded_column:
        is_postgresql = is_on_postgresql(session)
        values = one_parameter([str(match[0]) for match in chunk])
        return connection.execute(_by_text(entity_type, fields[0].folded_column, is_postgresql), {"values": values})
    return connection.execute(_statement(entity_type, fields, expressions, chunk))


@cache
def _by_text(entity_type: str, column: str, is_postgresql: bool) -> Select[Any]:
    """Return the statement for records by one text, which each page of an import asks."""
    table = table_of(entity_type)
    selected = [table.c.id, table.c[column]]
    found = select_named(selected, (), table.c[column], "values", is_postgresql=is_postgresql, is_unique=False)
    return found.order_by(found.selected_columns.id)


def _statement(
    entity_type: str, fields: Sequence[CrmField], expressions: Sequence[ColumnElement[Any]], chunk: Sequence[Match]
) -> Select[Any]:
    identity = table_of(entity_type).c.id
    spelled = [
        spelling
        for match in chunk
        for spelling in product(*(_spellings(field, value) for field, value in zip(fields, match, strict=True)))
    ]
    if len(expressions) == 1:
        condition = expressions[0].in_([values[0] for values in spelled])
    else:
        condition = tuple_(*expressions).in_(spelled)
    return select(identity, *expressions).where(condition).order_by(identity)


def _normal_of(field: CrmField) -> Callable[[CrmValue], CrmValue]:
    """Return what makes equal values of a field the same."""
    if field.is_text:
        return _folded
    return _as_stored if field.custom else _as_it_is


def _folded(value: CrmValue) -> CrmValue:
    return fold(value) if isinstance(value, str) else value


def _as_stored(value: CrmValue) -> CrmValue:
    # the column of the user-defined fields holds dates and times in their JSON form
    return str(to_json(value)) if isinstance(value, date) else value


def _as_it_is(value: CrmValue) -> CrmValue:
    return value


def _spellings(field: CrmField, folded: CrmValue) -> set[CrmValue]:
    """How the database may spell a folded text; SQLite leaves the case of letters beyond ASCII as it was typed."""
    if field.folded_column or not field.is_text or not isinstance(folded, str) or folded.isascii():
        return {folded}
    lowered = folded.lower()
    typed = [folded, lowered, lowered.upper(), lowered.title()]
    return {lowered, *(_lower_ascii(text) for text in typed)}


def _lower_ascii(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def _chunks(matches: Sequence[Match]) -> Iterator[Sequence[Match]]:
    for start in range(0, len(matches), TUPLES_PER_STATEMENT):
        yield matches[start : start + TUPLES_PER_STATEMENT]
