"""Updating many rows at once leaves the values that updating them one by one leaves."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, select

from host.database import Database, update_rows
from tests.host.crm.test_bulk import statements_of
from tests.host.database.test_inserting import NOON, TABLE

VALUES: dict[str, list[Any]] = {
    "label": ["Łódź", None, "a\\b\t\"c'"],
    "words": ["two\nlines", "", None],
    "number": [0, -(2**31), None],
    "amount": [Decimal("1.50"), Decimal("-12345678901234567890.123456789"), None],
    "truth": [True, False, None],
    "day": [date(2026, 2, 28), date(1, 1, 1), None],
    "at": [NOON, NOON.replace(microsecond=0), None],
    "raw": [b"\x00\xff", b"", None],
    "told": [{"a": [1, None, "ü"]}, 2**70, None],
}


@pytest.fixture
def rows(database: Database) -> Iterator[Database]:
    TABLE.create(database.engine)
    with database.writing() as session:
        session.execute(insert(TABLE), [{"id": number, "number": number} for number in range(5)])
    yield database
    TABLE.drop(database.engine)


def stored(database: Database) -> dict[int, dict[str, Any]]:
    with database.reading() as session:
        return {row.id: dict(row._mapping) for row in session.execute(select(TABLE))}


def test_values_of_all_types_arrive_as_they_are(rows: Database) -> None:
    given = [{"id": number, **{name: each[number] for name, each in VALUES.items()}} for number in range(3)]
    before = stored(rows)
    with rows.writing() as session, statements_of(rows) as statements:
        update_rows(session, TABLE, given)
    assert len(statements) == 1
    after = stored(rows)
    for row in given:
        assert {name: after[row["id"]][name] for name in row} == row
        assert str(after[row["id"]]["amount"]) == str(row["amount"])
    assert {number: after[number] for number in (3, 4)} == {number: before[number] for number in (3, 4)}


def test_rows_that_are_not_as_expected_are_passed_over(rows: Database) -> None:
    given = [
        {"id": 1, "number": 1, "label": "as expected"},
        {"id": 2, "number": 7, "label": "another number"},
        {"id": 3, "number": 3, "label": "not below three"},
        {"id": 99, "number": 99, "label": "not there"},
    ]
    with rows.writing() as session:
        update_rows(session, TABLE, given, matching=("number",), conditions=(TABLE.c.id < 3,))
        update_rows(session, TABLE, [])
    assert {number: row["label"] for number, row in stored(rows).items() if row["label"]} == {1: "as expected"}
    assert stored(rows)[1]["number"] == 1
