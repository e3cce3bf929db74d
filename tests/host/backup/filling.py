"""Rows for every table, made from its columns: one with all values, and one with as few as it may have."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, Integer, LargeBinary, MetaData, String, Table, insert, select
from sqlalchemy.orm import Session

from host.database import Database, ExactDecimal, JsonText, UtcDateTime

FULL, SPARSE = 1, 2
AWKWARD = "Ærø “Ø” \\ \" ' ; \n\t€ 漢字 𝄞"
DECIMALS = {FULL: Decimal("12345678901234567890.12345678901234567890"), SPARSE: Decimal("-0.000001")}
JSONS = {FULL: {"text": AWKWARD, "list": [1, None, True, {"deep": "0.10"}], "big": 2**60}, SPARSE: {}}
TIMES = {FULL: datetime(2026, 3, 29, 1, 59, 59, 123456, UTC), SPARSE: datetime(1970, 1, 1, tzinfo=UTC)}
ONE_OF = {"erp_link_access": {FULL: "user_id", SPARSE: "group_id"}}
"""Tables of which a row has exactly one of its references."""


def fill(database: Database, metadata: MetaData) -> None:
    """Put two rows into every table."""
    with database.writing() as session:
        for table in metadata.sorted_tables:
            for number in (FULL, SPARSE):
                row = {column.name: _value(session, table, column, number) for column in table.columns}
                session.execute(insert(table), row)


def contents(database: Database, metadata: MetaData) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of all tables."""
    with database.reading() as session:
        return {
            table.name: [
                dict(row) for row in session.execute(select(table).order_by(*table.primary_key.columns)).mappings()
            ]
            for table in metadata.sorted_tables
        }


def _value(session: Session, table: Table, column: Column[Any], number: int) -> Any:
    chosen = ONE_OF.get(table.name, {}).get(number)
    if column.foreign_keys:
        target = next(iter(column.foreign_keys)).column
        is_wanted = column.name == chosen if chosen and column.nullable else number == FULL or not column.nullable
        return session.scalar(select(target).order_by(target).offset(number - 1).limit(1)) if is_wanted else None
    if column.primary_key and isinstance(column.type, Integer):
        return number
    if column.nullable and number == SPARSE:
        return None
    return _plain(column, number)


def _plain(column: Column[Any], number: int) -> Any:
    made: dict[type, Any] = {
        UtcDateTime: TIMES[number],
        Date: date(2024, 2, 29),
        ExactDecimal: DECIMALS[number],
        JSON: JSONS[number],
        JsonText: JSONS[number],
        LargeBinary: bytes(range(256)) * number,
        Boolean: number == FULL,
        Integer: 10 + number,
        String: f"{number}{AWKWARD}"[: getattr(column.type, "length", None) or 60],
    }
    return next(value for kind, value in made.items() if isinstance(column.type, kind))
