"""Lists of records: search, filters, sort, and pages that stay right while records come and go."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from host.crm.cursors import Cursor
from host.crm.filters import Filter, condition, search_condition
from host.crm.record import Record, RecordReading
from host.crm.registry import fields_of
from host.crm.rows import read_rows
from host.crm.sorting import Ordering, Sort
from host.crm.tables import table_of
from host.errors import InvalidInputError

__all__ = ["Browsing", "Page", "Sort", "browse", "count"]

LARGEST_PAGE = 500


@dataclass(frozen=True, slots=True)
class Browsing:
    """What is asked of a list.

    Attributes:
        search: Free text; empty means all.
        after: Cursor of the record that the page follows; or `before`, of the one that it comes before.
        limit: Most records of a page.
        fields: Keys of the fields to read; None reads all.
    """

    sort: Sort
    search: str = ""
    filters: Sequence[Filter] = ()
    after: str = ""
    before: str = ""
    limit: int = 50
    fields: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some records of a list, with the cursors of the pages around it; empty where there is none."""

    records: list[Record]
    next: str
    previous: str


def browse(session: Session, entity_type: str, asked: Browsing) -> Page:
    """Return a page of a list, with one statement beside that for the user-defined fields and one for each ROWS field.

    Raises:
        InvalidInputError: a cursor is not of this list, or a field cannot be compared so.
    """
    known = fields_of(session, entity_type)
    wanted = known.values() if asked.fields is None else [known[key] for key in asked.fields]
    reading = RecordReading(entity_type, wanted)
    backwards = bool(asked.before)
    ordering = Ordering(
        entity_type, asked.sort, backwards=backwards, by_index=not (asked.search.strip() or asked.filters)
    )
    statement = select(*reading.columns, ordering.expression).where(_conditions(session, entity_type, asked))
    if place := asked.before or asked.after:
        cursor = Cursor.decode(place, asked.sort.text, ordering.expression.type.python_type)
        statement = statement.where(ordering.beyond(cursor))
    statement = ordering.apply(statement)
    rows = list(session.connection().execute(statement.limit(min(asked.limit, LARGEST_PAGE) + 1)))
    has_more = len(rows) > asked.limit
    rows = rows[: asked.limit]
    if backwards:
        rows.reverse()
    ends = [Cursor(asked.sort.text, row[-1], row[0]).encode() for row in (rows[:1] + rows[-1:])]
    has_next = bool(rows) and (backwards or has_more)
    has_previous = bool(rows) and (has_more if backwards else bool(asked.after))
    records = [reading.record(row) for row in rows]
    if reading.rows_fields:
        read_rows(session, entity_type, reading.rows_fields, records)
    return Page(
        records=records,
        next=ends[1] if has_next else "",
        previous=ends[0] if has_previous else "",
    )


def count(session: Session, entity_type: str, asked: Browsing) -> int:
    """Return how many records the list has on all its pages."""
    statement = select(func.count()).select_from(table_of(entity_type))
    return session.scalar(statement.where(_conditions(session, entity_type, asked))) or 0


def _conditions(session: Session, entity_type: str, asked: Browsing) -> ColumnElement[bool]:
    conditions = []
    for wanted in asked.filters:
        try:
            conditions.append(condition(entity_type, wanted))
        except ValueError as error:
            raise InvalidInputError({wanted.field.key: [str(error)]}) from None
    if asked.search.strip():
        conditions.append(search_condition(session, entity_type, asked.search))
    return and_(True, *conditions)
