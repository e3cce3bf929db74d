"""Column types that behave the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, DateTime, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from host.database.json_texts import dump_json, load_json


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC.

    SQLite has no zone, so the naive UTC value is stored there.

    Raises:
        ValueError: on a naive value, because its zone would be a guess.
    """

    impl = DateTime
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a zone, give an aware datetime")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


EXACT_DECIMAL_COLLATION = "exact_decimal"


def compare_decimals(left: str, right: str) -> int:
    """Compare two numbers by their digits; the collation that SQLite sorts and compares them with."""
    # rounding to a float keeps the order, so that only numbers that become equal need their digits looked at
    rough_first, rough_second = float(left), float(right)
    if rough_first != rough_second:
        return 1 if rough_first > rough_second else -1
    first, second = Decimal(left), Decimal(right)
    return (first > second) - (first < second)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal that never passes through a float: NUMERIC on PostgreSQL, its digits as text on SQLite.

    On SQLite the column has a collation of ours, so that it is sorted and compared as a number there too.
    """

    impl = Numeric
    cache_ok = True

    @property
    def python_type(self) -> type[Decimal]:
        return Decimal

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(
            Numeric() if dialect.name == "postgresql" else Text(collation=EXACT_DECIMAL_COLLATION)
        )

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | str | None:
        if value is None or dialect.name == "postgresql":
            return value
        return format(value, "f")

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


def _json_value() -> JSON:
    return JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


JsonValue = _json_value()
"""JSON column: JSONB on PostgreSQL; Python None is stored as SQL NULL."""


class JsonText(TypeDecorator[Any]):
    """JSON that no statement looks into, kept as a plain text; Python None is stored as NULL.

    PostgreSQL would take a JSONB value apart when it is written, and put it together again when it is read.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else dump_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else load_json(value)


class JsonObject(JsonText):
    """A JSON object that no statement looks into; an empty one is stored as NULL, because most are empty."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return dump_json(value) if value else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return {} if value is None else load_json(value)
