"""The types of values inside the host; encodings for a wire exist only at that wire's edge."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class FieldType(StrEnum):
    """What a field holds. The first eight are those of SuperOffice's `FieldMetadataTypeInfo` (spec 4.3).

    Each names the Python type of its values; None always means "no value".
    """

    CHECKBOX = "checkbox"
    """bool"""
    TEXT = "text"
    """str"""
    PASSWORD = "password"
    """str, secret"""
    INTEGER = "integer"
    """int"""
    DOUBLE = "double"
    """Decimal, exact; never float"""
    LIST = "list"
    """ListKey"""
    DATETIME = "datetime"
    """aware datetime in UTC"""
    LABEL = "label"
    """static text, carries no value"""
    DATE = "date"
    """date; a datetime on the SOAP wire"""
    LOCAL_DATETIME = "local_datetime"
    """naive datetime in the link's ERP time zone; a datetime on the SOAP wire"""
    ROWS = "rows"
    """Rows; not served over SOAP"""


class ListKey(str):
    """The stable key of a list item; its display text may change at any time (spec 2.10)."""

    __slots__ = ()


class Rows(dict[str, "Mapping[str, Value]"]):
    """Child records by row key, in order: addresses, contacts, order lines. Base and merge work per row key."""

    __slots__ = ()


Value = str | int | Decimal | bool | date | datetime | ListKey | Rows | None
"""Any value of a field. `datetime` is aware (UTC) for DATETIME and naive for LOCAL_DATETIME."""
