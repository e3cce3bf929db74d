"""Keyset paging: a page starts after the last row of the one before, so that page 1000 costs what page 1 does."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from flask_babel import gettext as _
from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from host.errors import InvalidInputError
from host.schemas.fields import LARGEST_ID
from host.schemas.texts import fault_of_text

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200

Item = TypeVar("Item")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items, and the cursor with which the ones after them are asked for; None at the end."""

    items: Sequence[Item]
    next: str | None


def keyset_page(
    session: Session,
    query: Select[Item],
    order: Sequence[InstrumentedAttribute[Any]],
    *,
    limit: int = DEFAULT_LIMIT,
    after: str = "",
    descending: bool = False,
) -> Page[Item]:
    """Return one page of the entities that `query` selects.

    Args:
        session: The session.
        query: Selects one mapped class, filtered but not ordered.
        order: Columns of that class to order by, never null, of text, whole numbers or times; the last one unique.
        limit: Most items of the page.
        after: The cursor of the page before, or empty for the first page.
        descending: Whether the largest come first.

    Raises:
        InvalidInputError: The cursor is none that this list gave.
    """
    if after:
        last = tuple_(
            *(literal(value, column.type) for column, value in zip(order, _values(after, order), strict=True))
        )
        here = tuple_(*order)
        query = query.where(here < last if descending else here > last)
    ordered = query.order_by(*(column.desc() if descending else column.asc() for column in order))
    found = session.scalars(ordered.limit(limit + 1)).all()
    items = found[:limit]
    more = len(found) > limit
    return Page(items, encode_cursor([getattr(items[-1], column.key) for column in order]) if more else None)


def encode_cursor(values: Sequence[str | int | datetime]) -> str:
    """Return a cursor that `decode_cursor` turns back into the values; opaque to those who page."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, types: Sequence[type]) -> list[Any]:
    """Return the values of a cursor.

    Args:
        cursor: What a client sent.
        types: The types of the values in order: str, int or datetime.

    Raises:
        InvalidInputError: The cursor is none of this list; it names the field `after`.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        plain = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        values = plain if isinstance(plain, list) else [plain]
        return [_typed(value, wanted) for value, wanted in zip(values, types, strict=True)]
    except (ValueError, binascii.Error, RecursionError) as error:
        faults = {"after": [_("is no cursor of this list, start from its first page")]}
        raise InvalidInputError(faults) from error


def _values(cursor: str, order: Sequence[InstrumentedAttribute[Any]]) -> list[Any]:
    return decode_cursor(cursor, [column.type.python_type for column in order])


def _typed(value: Any, wanted: type) -> Any:
    if wanted is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a time without a zone")
        return moment
    if wanted is str and isinstance(value, str) and not fault_of_text(value):
        return value
    if wanted is int and type(value) is int and abs(value) <= LARGEST_ID:
        return value
    raise ValueError("a value of another type")
