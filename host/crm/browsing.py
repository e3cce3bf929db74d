"""Lists of records: search, filters, sort, and pages that stay right while records come and go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from host.crm.cursors import Cursor
from host.crm.expressions import sort_expression
from host.crm.filters import Filter, condition, search_condition
from host.crm.record import Record, RecordReading
from host.crm.registry import entity_type_of, fields_of
from host.crm.tables import table_of
from host.errors import InvalidInputError

SORTS_BESIDE_FIELDS = ("updated_at", "created_at", "id")
LARGEST_PAGE = 500


@dataclass(frozen=True, slots=True)
class Sort:
    """The order of a list.

    Attributes:
        key: Key of a standard field, or one of `SORTS_BESIDE_FIELDS`.
        descending: Whether the largest comes first. Records without a value come last either way.
    """

    key: str
    descending: bool = False

    @property
    def text(self) -> str:
        """The order as addresses and cursors have it: the key, after a minus where it descends."""
        return f"-{self.key}" if self.descending else self.key

    @classmethod
    def parse(cls, entity_type: str, text: str) -> "Sort":
        """Return the order of a text; an empty one is the entity's usual order.

        Raises:
            InvalidInputError: the list cannot be sorted so.
        """
        entity = entity_type_of(entity_type)
        key = text.removeprefix("-") or entity.default_sort
        if key not in entity.by_key and key not in SORTS_BESIDE_FIELDS:
            raise InvalidInputError({"sort": [_("must be a standard field of the record, %(key)s is none", key=key)]})
        return cls(key, text.startswith("-"))


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
    """Return a page of a list, with one statement beside that for the user-defined fields.

    Raises:
        InvalidInputError: a cursor is not of this list, or a field cannot be compared so.
    """
    known = fields_of(session, entity_type)
    wanted = known.values() if asked.fields is None else [known[key] for key in asked.fields]
    reading = RecordReading(entity_type, wanted)
    sorted_by = _sorted_by(entity_type, asked.sort)
    backwards = bool(asked.before)
    place = asked.before or asked.after
    statement = select(*reading.columns, sorted_by).where(_conditions(session, entity_type, asked))
    if place:
        cursor = Cursor.decode(place, asked.sort.text, sorted_by.type.python_type)
        statement = statement.where(_beyond(entity_type, sorted_by, asked.sort, cursor, backwards=backwards))
    statement = _ordered(statement, entity_type, sorted_by, asked.sort, backwards=backwards)
    rows = list(session.connection().execute(statement.limit(min(asked.limit, LARGEST_PAGE) + 1)))
    has_more = len(rows) > asked.limit
    rows = rows[: asked.limit]
    if backwards:
        rows.reverse()
    ends = [Cursor(asked.sort.text, row[-1], row[0]).encode() for row in (rows[:1] + rows[-1:])]
    has_next = bool(rows) and (backwards or has_more)
    has_previous = bool(rows) and (has_more if backwards else bool(asked.after))
    return Page(
        records=[reading.record(row) for row in rows],
        next=ends[1] if has_next else "",
        previous=ends[0] if has_previous else "",
    )


def count(session: Session, entity_type: str, asked: Browsing) -> int:
    """Return how many records the list has on all its pages."""
    statement = select(func.count()).select_from(table_of(entity_type))
    return session.scalar(statement.where(_conditions(session, entity_type, asked))) or 0


def _sorted_by(entity_type: str, sort: Sort) -> ColumnElement[Any]:
    if sort.key in SORTS_BESIDE_FIELDS:
        return table_of(entity_type).c[sort.key]
    return sort_expression(entity_type, entity_type_of(entity_type).by_key[sort.key])


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


def _ordered(
    statement: Select[Any], entity_type: str, sorted_by: ColumnElement[Any], sort: Sort, *, backwards: bool
) -> Select[Any]:
    identity = table_of(entity_type).c.id
    is_upwards = sort.descending == backwards
    by_value = sorted_by.asc() if is_upwards else sorted_by.desc()
    by_id = identity.asc() if is_upwards else identity.desc()
    # records without a value last, or first when the list is read backwards; the databases differ without it
    return statement.order_by(by_value.nulls_first() if backwards else by_value.nulls_last(), by_id)


def _beyond(
    entity_type: str, sorted_by: ColumnElement[Any], sort: Sort, cursor: Cursor, *, backwards: bool
) -> ColumnElement[bool]:
    """Return the condition for records on the far side of the cursor."""
    identity = table_of(entity_type).c.id
    is_upwards = sort.descending == backwards
    further_id = identity > cursor.record_id if is_upwards else identity < cursor.record_id
    if cursor.value is None:
        among_empty = and_(sorted_by.is_(None), further_id)
        return or_(sorted_by.is_not(None), among_empty) if backwards else among_empty
    value = literal(cursor.value, sorted_by.type)
    further = sorted_by > value if is_upwards else sorted_by < value
    among_valued = or_(further, and_(sorted_by == value, further_id))
    return among_valued if backwards else or_(among_valued, sorted_by.is_(None))
