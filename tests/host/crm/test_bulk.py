from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from math import ceil
from typing import Any

import pytest
from sqlalchemy import event

from host.crm.bulk import find_by, insert_many, read_many, update_many
from host.crm.models import CustomField
from host.crm.tables import table_of
from host.database import Database
from tests.host.crm.conftest import LATER, THEN


@contextmanager
def statements_of(database: Database) -> Iterator[list[str]]:
    """Collect what is sent to the database; one `executemany` counts once, as it is prepared once."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@pytest.fixture
def colour(database: Database) -> str:
    with database.writing() as session:
        session.add(CustomField(entity_type="company", key="x_colour", label="Colour", type="text", created_at=THEN))
        session.add(CustomField(entity_type="company", key="x_rate", label="Rate", type="decimal", created_at=THEN))
    return "x_colour"


def test_written_records_are_read_back_with_their_types(database: Database, colour: str) -> None:
    rows = [
        {"name": "Søndergaard", "credit_limit": Decimal("60000.0010"), "blocked": False, "postal.city": "Aarhus"},
        {"name": "Nordwind", "x_colour": "blue", "x_rate": Decimal("0.10")},
    ]
    with database.writing() as session:
        first, second = insert_many(session, "company", rows, "link:3", THEN)
        read = read_many(session, "company", [second, first, 999])
    assert list(read) == sorted([first, second])
    assert read[first].values["credit_limit"] == Decimal("60000.0010")
    assert read[first].values["blocked"] is False
    assert read[first].values["postal.city"] == "Aarhus"
    assert read[first].values[colour] is None
    assert read[second].values["x_colour"] == "blue"
    assert read[second].values["x_rate"] == Decimal("0.10")
    assert read[second].title == "Nordwind"
    assert (read[first].version, read[first].created_by, read[first].updated_at) == (1, "link:3", THEN)


def test_only_the_fields_asked_for_are_read(database: Database) -> None:
    with database.writing() as session:
        (company,) = insert_many(session, "company", [{"name": "Nordwind", "number": "7"}], "user:1", THEN)
        record = read_many(session, "company", [company], ["number"], lock=True)[company]
    assert record.values == {"number": "7"}


def test_a_change_stamps_only_the_fields_that_take_another_value(database: Database, colour: str) -> None:
    with database.writing() as session:
        (company,) = insert_many(session, "company", [{"name": "Nordwind", "number": "7"}], "user:1", THEN)
        update_many(
            session, "company", [(company, {"name": "Nordwind", "number": "8", colour: "red"})], "link:3", LATER
        )
        record = read_many(session, "company", [company])[company]
    assert record.version == 2
    assert (record.updated_at, record.updated_by) == (LATER, "link:3")
    assert set(record.field_meta) == {"number", colour}
    stamp = record.stamp("number")
    assert (stamp.version, stamp.at, stamp.origin) == (2, LATER, "link:3")
    untouched = record.stamp("name")
    assert (untouched.version, untouched.at, untouched.origin) == (1, THEN, "user:1")


def test_a_change_to_the_present_values_leaves_the_record_alone(database: Database) -> None:
    with database.writing() as session:
        (company,) = insert_many(session, "company", [{"name": "Nordwind", "blocked": True}], "user:1", THEN)
        update_many(session, "company", [(company, {"name": "Nordwind", "blocked": True})], "link:3", LATER)
        record = read_many(session, "company", [company])[company]
    assert (record.version, record.updated_by, dict(record.field_meta)) == (1, "user:1", {})


def test_records_changed_in_different_fields_keep_what_was_not_given(database: Database, colour: str) -> None:
    with database.writing() as session:
        one, two = insert_many(
            session, "company", [{"name": "One", colour: "red", "x_rate": Decimal(1)}, {"name": "Two"}], "user:1", THEN
        )
        updates = [(one, {"number": "1"}), (two, {colour: "blue"}), (two, {"fax": "2"}), (12345, {"fax": "3"})]
        update_many(session, "company", updates, "link:3", LATER)
        read = read_many(session, "company", [one, two])
    assert (read[one].values["name"], read[one].values["number"], read[one].values[colour]) == ("One", "1", "red")
    assert read[one].values["x_rate"] == Decimal(1)
    assert (read[two].values[colour], read[two].values["fax"], read[two].version) == ("blue", "2", 2)
    assert set(read[two].field_meta) == {colour, "fax"}


@pytest.mark.parametrize("number", [3, 500])
def test_the_number_of_statements_does_not_hang_on_the_number_of_records(
    database: Database, colour: str, number: int
) -> None:
    rows = [{"name": f"Company {index}", "number": str(index), colour: "red"} for index in range(number)]
    with database.writing() as session:
        with statements_of(database) as inserting:
            ids = insert_many(session, "company", rows, "link:3", THEN)
        with statements_of(database) as updating:
            update_many(session, "company", [(i, {"number": f"N{i}", colour: "blue"}) for i in ids], "link:3", LATER)
        with statements_of(database) as finding:
            found = find_by(session, "company", ["number"], [(f"n{i}",) for i in ids])
        with statements_of(database) as reading:
            read = read_many(session, "company", ids, lock=True)
    # SQLite takes a hundred rows in one; the COPY of PostgreSQL is no statement that SQLAlchemy sees
    assert len(inserting) == (2 + ceil(number / 100) if database.is_sqlite else 2)
    assert (len(updating), len(finding), len(reading)) == (5, 1, 2)
    assert [found[(f"n{i}",)] for i in ids] == [[i] for i in ids]
    assert all(record.values[colour] == "blue" for record in read.values())


def test_ids_of_deleted_records_are_never_given_again(database: Database) -> None:
    with database.writing() as session:
        first = insert_many(session, "company", [{"name": "One"}, {"name": "Two"}], "user:1", THEN)
    with database.writing() as session:
        session.execute(table_of("company").delete())
    with database.writing() as session:
        second = insert_many(session, "company", [{"name": "Three"}], "user:1", THEN)
    assert second[0] > max(first)


def test_texts_are_found_without_case_and_blanks(database: Database, colour: str) -> None:
    with database.writing() as session:
        one, two, three = insert_many(
            session,
            "company",
            [
                {"name": "  Søndergaard ", "department": "ØL", colour: "Grün"},
                {"name": "SØNDERGAARD", "department": " øl", colour: "GRÜN"},
                {"name": "Other"},
            ],
            "user:1",
            THEN,
        )
        assert find_by(session, "company", ["name"], [("søndergaard",), ("nobody",)]) == {("søndergaard",): [one, two]}
        assert find_by(session, "company", ["department"], [("Øl",)]) == {("Øl",): [one, two]}
        assert find_by(session, "company", [colour], [("grün",)]) == {("grün",): [one, two]}
        assert find_by(session, "company", ["number"], [("",), (None,)]) == {}
        assert three not in {i for ids in find_by(session, "company", ["name"], [(" ",)]).values() for i in ids}


@pytest.mark.usefixtures("colour")
def test_several_fields_must_match_together_whatever_their_type(database: Database) -> None:
    with database.writing() as session:
        (company,) = insert_many(session, "company", [{"name": "Nordwind"}], "user:1", THEN)
        one, two = insert_many(
            session,
            "person",
            [
                {"company": company, "last_name": "Holm", "birth_date": date(1980, 2, 29)},
                {"company": company, "last_name": "Berg"},
            ],
            "user:1",
            THEN,
        )
        keys = ["company", "last_name"]
        found = find_by(session, "person", keys, [(company, "HOLM"), (company, "Berg"), (company, "Nobody")])
        assert found == {(company, "HOLM"): [one], (company, "Berg"): [two]}
        assert find_by(session, "person", ["birth_date", "last_name"], [(date(1980, 2, 29), "holm")])
        insert_many(
            session,
            "company",
            [{"name": "Rated", "credit_limit": Decimal("1.50"), "x_rate": Decimal("2.0")}],
            "user:1",
            THEN,
        )
        assert len(find_by(session, "company", ["credit_limit"], [(Decimal("1.5"),)])) == 1
        assert len(find_by(session, "company", ["x_rate", "name"], [(Decimal("2.0"), "rated")])) == 1
