"""The order of a list: what it is sorted by, and the condition for what comes after a place in it."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, func, literal, null, or_
from sqlalchemy.orm import aliased

from host.crm.cursors import Cursor
from host.crm.expressions import comparable_expression, folded, value_expression
from host.crm.fields import CrmType
from host.crm.models import CrmListItem
from host.crm.registry import entity_type_of
from host.crm.tables import table_of
from host.errors import InvalidInputError

SORTS_BESIDE_FIELDS = ("updated_at", "created_at", "id")


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
        is_column = key in entity.by_key and entity.by_key[key].type is not CrmType.ROWS
        if not is_column and key not in SORTS_BESIDE_FIELDS:
            raise InvalidInputError({"sort": [_("must be a standard field of the record, %(key)s is none", key=key)]})
        return cls(key, text.startswith("-"))


class Ordering:
    """The SQL of an order, read forwards or backwards.

    Args:
        entity_type: Key of the entity.
        sort: The order.
        backwards: Whether the list is read from its end.
        by_index: Whether an index may give the order. Where a search finds few records, walking along an index in
            search of them costs more than sorting what was found.
    """

    def __init__(self, entity_type: str, sort: Sort, *, backwards: bool, by_index: bool) -> None:
        self._table = table_of(entity_type)
        self._is_upwards = sort.descending == backwards
        self._backwards = backwards
        self._joined: tuple[Any, ColumnElement[bool]] | None = None
        self._may_be_empty = (
            sort.key not in SORTS_BESIDE_FIELDS and not entity_type_of(entity_type).by_key[sort.key].required
        )
        expression = self._expression(entity_type, sort.key)
        self.expression = expression if by_index else func.coalesce(expression, null(), type_=expression.type)

    def apply(self, statement: Select[Any]) -> Select[Any]:
        """Return the statement with this order, and with the tables that it needs."""
        if self._joined is not None:
            target, condition = self._joined
            statement = statement.outerjoin_from(self._table, target, condition)
        identity = self._table.c.id
        by_value = self.expression.asc() if self._is_upwards else self.expression.desc()
        by_id = identity.asc() if self._is_upwards else identity.desc()
        if self._may_be_empty:
            # records without a value last, or first when read backwards; the databases differ without it
            by_value = by_value.nulls_first() if self._backwards else by_value.nulls_last()
        return statement.order_by(by_value, by_id)

    def beyond(self, cursor: Cursor) -> ColumnElement[bool]:
        """Return the condition for the records that come after the cursor in this order."""
        identity = self._table.c.id
        further_id = identity > cursor.record_id if self._is_upwards else identity < cursor.record_id
        if cursor.value is None:
            among_empty = and_(self.expression.is_(None), further_id)
            return or_(self.expression.is_not(None), among_empty) if self._backwards else among_empty
        value = literal(cursor.value, self.expression.type)
        further = self.expression > value if self._is_upwards else self.expression < value
        among_valued = or_(further, and_(self.expression == value, further_id))
        if self._backwards or not self._may_be_empty:
            return among_valued
        return or_(among_valued, self.expression.is_(None))

    def _expression(self, entity_type: str, key: str) -> ColumnElement[Any]:
        """What is sorted by: the names of list items and records, not their keys."""
        if key in SORTS_BESIDE_FIELDS:
            return self._table.c[key]
        field = entity_type_of(entity_type).by_key[key]
        value = value_expression(entity_type, field)
        if field.type is CrmType.LIST:
            item = aliased(CrmListItem, name="sorted_item")
            self._joined = (item, and_(item.list_key == field.list_key, item.key == value))
            return folded(item.name)
        if field.type is CrmType.REFERENCE:
            other = table_of(field.references).alias("sorted_reference")
            first = entity_type_of(field.references).by_key[entity_type_of(field.references).default_sort]
            self._joined = (other, other.c.id == value)
            return other.c[first.folded_column or first.column]
        return comparable_expression(entity_type, field)
