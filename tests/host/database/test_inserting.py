from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Date, Integer, LargeBinary, MetaData, String, Table, Text, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import Boolean

from host.database import (
    Database,
    ExactDecimal,
    JsonObject,
    JsonText,
    JsonTexts,
    JsonValue,
    Same,
    UtcDateTime,
    insert_columns,
)

NOON = datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)

TABLE = Table(
    "of_every_type",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("label", String(20), unique=True),
    Column("words", Text),
    Column("number", Integer),
    Column("amount", ExactDecimal),
    Column("truth", Boolean),
    Column("day", Date),
    Column("at", UtcDateTime),
    Column("raw", LargeBinary),
    Column("told", JsonValue),
    Column("state", String(10), nullable=False, default="new"),
    Column("rest", JsonValue, nullable=False, default=dict),
)
AWKWARD = 'tab\there, line\nthere,\r back\\slash \\N and \\. and "quotes" – Łódź'


def stored(database: Database) -> list[tuple[object, ...]]:
    with database.reading() as session:
        return [tuple(row) for row in session.execute(select(TABLE).order_by(TABLE.c.id))]


@pytest.fixture
def table(database: Database) -> Table:
    TABLE.create(database.engine)
    return TABLE


def test_values_of_every_type_come_back_as_they_were_given(database: Database, table: Table) -> None:
    with database.writing() as session:
        insert_columns(
            session.connection(),
            table,
            2,
            {
                "id": [1, 2],
                "label": ["first", None],
                "words": [AWKWARD, ""],
                "number": [-(2**31), None],
                "amount": [Decimal("-1234567890123456789.10"), None],
                "truth": [False, None],
                "day": [date(1999, 12, 31), None],
                "at": [NOON.astimezone(timezone(timedelta(hours=5))), None],
                "raw": [b"\x00\\\xff", None],
                "told": [{"words": AWKWARD, "list": [1, None, True]}, None],
            },
        )
    assert stored(database) == [
        (
            1,
            "first",
            AWKWARD,
            -(2**31),
            Decimal("-1234567890123456789.10"),
            False,
            date(1999, 12, 31),
            NOON,
            b"\x00\\\xff",
            {"words": AWKWARD, "list": [1, None, True]},
            "new",
            {},
        ),
        (2, None, "", None, None, None, None, None, None, None, "new", {}),
    ]


def test_a_value_that_all_rows_have_is_given_once_and_json_may_be_serialised_before(
    database: Database, table: Table
) -> None:
    with database.writing() as session:
        columns = {"id": [1, 2], "at": Same(NOON), "told": JsonTexts(['{"line": "a\\nb"}', None]), "state": Same("old")}
        insert_columns(session.connection(), table, 2, columns)
    assert [(row[7], row[9], row[10]) for row in stored(database)] == [
        (NOON, {"line": "a\nb"}, "old"),
        (NOON, None, "old"),
    ]


def test_any_number_of_rows_arrives_in_its_order(database: Database, table: Table) -> None:
    with database.writing() as session:
        for first, count in ((0, 1), (1, 700), (701, 3)):
            ids = list(range(first, first + count))
            insert_columns(session.connection(), table, count, {"id": ids, "label": [f"no. {each}" for each in ids]})
    assert [row[:2] for row in stored(database)] == [(number, f"no. {number}") for number in range(704)]


def test_no_rows_are_no_statement_and_wrong_columns_are_refused(database: Database, table: Table) -> None:
    with database.writing() as session:
        insert_columns(session.connection(), table, 0, {"id": []})
        with pytest.raises(KeyError, match="colour"):
            insert_columns(session.connection(), table, 1, {"colour": ["red"]})
        with pytest.raises(ValueError, match="argument"):
            insert_columns(session.connection(), table, 2, {"id": [1, 2], "label": ["one"]})
        with pytest.raises(ValueError, match="zone"):
            insert_columns(session.connection(), table, 1, {"at": Same(datetime(2026, 3, 1, 12))})  # noqa: DTZ001 -- that is what is refused
    assert stored(database) == []


def test_a_key_that_is_taken_raises_what_sqlalchemy_raises_and_nothing_stays(database: Database, table: Table) -> None:
    with pytest.raises(IntegrityError), database.writing() as session:
        insert_columns(session.connection(), table, 2, {"label": ["same", "same"]})
    assert stored(database) == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.none() | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20),
            st.none()
            | st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12),
            st.none()
            | st.dictionaries(
                st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=5),
                st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=9),
            ),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_stands_in_texts_arrives(database: Database, rows: list[tuple]) -> None:
    TABLE.drop(database.engine, checkfirst=True)
    TABLE.create(database.engine)
    words, amounts, told = (list(column) for column in zip(*rows, strict=True))
    with database.writing() as session:
        columns = {"id": list(range(len(rows))), "words": words, "amount": amounts, "told": told}
        insert_columns(session.connection(), TABLE, len(rows), columns)
    assert [(row[2], row[4], row[9]) for row in stored(database)] == rows


def test_json_that_no_statement_looks_into_is_a_text_and_an_empty_object_is_nothing(database: Database) -> None:
    kept = Table(
        "kept_as_text",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("told", JsonText),
        Column("by_field", JsonObject),
    )
    kept.create(database.engine)
    values: list[tuple[object, object]] = [({"words": AWKWARD}, {"list": [1, 2**60, None]}), ([], {}), (None, None)]
    told, by_field = (list(column) for column in zip(*values, strict=True))
    with database.writing() as session:
        insert_columns(session.connection(), kept, 3, {"id": [1, 2, 3], "told": told, "by_field": by_field})
        rows = [{"id": 4 + place, "told": each[0], "by_field": each[1]} for place, each in enumerate(values)]
        session.execute(insert(kept), rows)
    read = [({"words": AWKWARD}, {"list": [1, 2**60, None]}), ([], {}), (None, {})]
    with database.reading() as session:
        assert [tuple(row[1:]) for row in session.execute(select(kept).order_by(kept.c.id))] == [*read, *read]
        stored_texts = session.execute(text("SELECT told, by_field FROM kept_as_text ORDER BY id")).all()
    assert stored_texts[1:3] == [("[]", None), (None, None)]
    assert stored_texts[3:] == stored_texts[:3]
