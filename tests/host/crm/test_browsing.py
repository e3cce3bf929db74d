from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host.crm.browsing import Browsing, Sort, browse, count
from host.crm.bulk import insert_many
from host.crm.cursors import Cursor
from host.crm.custom_fields import FieldChange, add_field
from host.crm.fields import CrmType
from host.crm.filters import Comparison, Filter
from host.crm.registry import fields_of
from host.database import Database
from host.errors import InvalidInputError
from tests.host.crm.conftest import ADMINISTRATOR, THEN

SORTS = ["name", "number", "credit_limit", "country", "blocked", "updated_at", "id", "fax"]
NAMES = ["ørsted", "Ørsted", "Anker", "anker ", "Bø", "bø", "Zet", "Ångström", "10", "9"]


def filled(hub: Database, companies: int = 40) -> list[dict[str, Any]]:
    draw = Random(7)
    rows = [
        {
            "name": draw.choice(NAMES),
            "number": draw.choice([None, "1", "2", "10"]),
            "credit_limit": draw.choice([None, Decimal(9), Decimal("10.0"), Decimal("-3.5"), Decimal(10)]),
            "country": draw.choice([None, "DK", "NO", "AT"]),
            "blocked": draw.choice([None, True, False]),
            "fax": draw.choice([None, "A", "a", "b"]),
        }
        for _ in range(companies)
    ]
    with hub.writing() as session:
        insert_many(session, "company", rows, "user:1", THEN)
    return rows


def walk(hub: Database, asked: Browsing, *, backwards: bool = False) -> list[int]:
    """Read a whole list page by page from one end to the other."""
    seen: list[int] = []
    place = ""
    while True:
        with hub.reading() as session:
            page = browse(
                session,
                "company",
                Browsing(
                    asked.sort,
                    asked.search,
                    asked.filters,
                    after="" if backwards else place,
                    before=place if backwards else "",
                    limit=asked.limit,
                ),
            )
        ids = [record.id for record in page.records]
        seen = ids + seen if backwards else seen + ids
        place = page.previous if backwards else page.next
        if not place:
            return seen


def test_pages_lose_no_record_and_double_none_in_either_direction(hub: Database) -> None:
    filled(hub)
    for sort in [Sort(key, descending) for key in SORTS for descending in (False, True)]:
        with hub.reading() as session:
            whole = browse(session, "company", Browsing(sort, limit=100))
        in_order = [record.id for record in whole.records]
        assert (len(in_order), len(set(in_order))) == (40, 40)
        assert (whole.next, whole.previous) == ("", "")
        assert walk(hub, Browsing(sort, limit=7)) == in_order
        with hub.reading() as session:
            page = browse(session, "company", Browsing(sort, limit=33))
            tail = browse(session, "company", Browsing(sort, after=page.next, limit=33))
            back = browse(session, "company", Browsing(sort, before=tail.previous, limit=30))
            first = browse(session, "company", Browsing(sort, before=back.previous, limit=30))
        assert [record.id for record in first.records + back.records] == in_order[:33]
        assert first.previous == ""
        values = [record.values.get(sort.key, 0) for record in whole.records]
        assert None not in values[: len(values) - values.count(None)]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(limit=st.integers(1, 45), key=st.sampled_from(SORTS), descending=st.booleans())
def test_the_size_of_pages_does_not_change_the_list(
    sqlite_database: Database, limit: int, key: str, descending: bool
) -> None:
    with sqlite_database.reading() as session:
        is_empty = count(session, "company", Browsing(Sort("name"))) == 0
    if is_empty:
        filled(sqlite_database)
    whole = walk(sqlite_database, Browsing(Sort(key, descending), limit=100))
    assert walk(sqlite_database, Browsing(Sort(key, descending), limit=limit)) == whole
    assert sorted(whole) == sorted(set(whole))


def test_decimals_sort_as_numbers_and_texts_without_case(hub: Database) -> None:
    rows = filled(hub)
    with hub.reading() as session:
        by_limit = browse(session, "company", Browsing(Sort("credit_limit"), limit=100)).records
        by_name = browse(session, "company", Browsing(Sort("name"), limit=100)).records
    limits = [record.values["credit_limit"] for record in by_limit]
    assert limits == sorted(limits, key=lambda limit: (limit is None, limit or 0))
    names = [str(record.values["name"]).strip().casefold() for record in by_name]
    assert names == sorted(str(row["name"]).strip().casefold() for row in rows)


def test_a_decimal_is_sorted_by_all_of_its_digits(hub: Database) -> None:
    limits = [Decimal("10000000000000000000.02"), Decimal("10000000000000000000.01"), Decimal(9)]
    with hub.writing() as session:
        insert_many(session, "company", [{"name": "A", "credit_limit": limit} for limit in limits], "user:1", THEN)
    with hub.reading() as session:
        records = browse(session, "company", Browsing(Sort("credit_limit"))).records
    assert [record.values["credit_limit"] for record in records] == sorted(limits)


def test_lists_sort_by_the_names_of_their_items(hub: Database) -> None:
    with hub.writing() as session:
        rows = [{"name": code, "country": code} for code in ("CH", "DE", "AT")]
        insert_many(session, "company", rows, "user:1", THEN)
    with hub.reading() as session:
        records = browse(session, "company", Browsing(Sort("country"))).records
    assert [record.values["country"] for record in records] == ["AT", "DE", "CH"]  # Austria, Germany, Switzerland


def test_persons_sort_by_the_name_of_their_company(hub: Database) -> None:
    with hub.writing() as session:
        last, first = insert_many(session, "company", [{"name": "Zet"}, {"name": "anker"}], "user:1", THEN)
        people = [{"last_name": "A", "company": last}, {"last_name": "B"}, {"last_name": "C", "company": first}]
        insert_many(session, "person", people, "user:1", THEN)
    with hub.reading() as session:
        records = browse(session, "person", Browsing(Sort("company"))).records
    assert [record.values["last_name"] for record in records] == ["C", "A", "B"]


def test_each_word_of_a_search_stands_somewhere_in_the_record(hub: Database) -> None:
    with hub.writing() as session:
        colour = add_field(
            session, ADMINISTRATOR, "company", CrmType.TEXT, FieldChange("Colour", searchable=True, max_length=50)
        )
        rows = [
            {"name": "Søndergaard & Sønner ApS", "postal.city": "Aarhus", "number": "10482"},
            {"name": "Nordwind", "postal.city": "Hamburg", colour.key: "Blue 100%"},
            {"name": "Sønder", "postal.city": "Hamburg"},
        ]
        ids = insert_many(session, "company", rows, "user:1", THEN)
    found = {
        text: walk(hub, Browsing(Sort("id"), search=text))
        for text in ["SØNDER", "sønder aarhus", "hamburg", "100%", "1_4", "10482", "nobody", "  "]
    }
    assert found["SØNDER"] == [ids[0], ids[2]]
    assert found["sønder aarhus"] == [ids[0]]
    assert found["hamburg"] == [ids[1], ids[2]]
    assert found["100%"] == [ids[1]]
    assert found["1_4"] == []
    assert found["10482"] == [ids[0]]
    assert found["nobody"] == []
    assert found["  "] == ids
    with hub.reading() as session:
        assert count(session, "company", Browsing(Sort("id"), search="sønder")) == 2


def test_filters_follow_the_type_of_their_field(hub: Database) -> None:
    with hub.writing() as session:
        keys = {
            crm_type: add_field(session, ADMINISTRATOR, "company", crm_type, FieldChange(f"My {crm_type}")).key
            for crm_type in (CrmType.INTEGER, CrmType.DECIMAL, CrmType.BOOLEAN, CrmType.DATE, CrmType.DATETIME)
        }
        rows: list[dict[str, Any]] = [
            {
                "name": "A",
                "credit_limit": Decimal("9.50"),
                "blocked": True,
                "country": "DK",
                keys[CrmType.INTEGER]: 9,
                keys[CrmType.DECIMAL]: Decimal("9.5"),
                keys[CrmType.BOOLEAN]: True,
                keys[CrmType.DATE]: date(2026, 1, 31),
                keys[CrmType.DATETIME]: datetime(2026, 1, 31, 12, tzinfo=UTC),
            },
            {
                "name": "B",
                "credit_limit": Decimal(10),
                "blocked": False,
                "country": "NO",
                keys[CrmType.INTEGER]: 10,
                keys[CrmType.DECIMAL]: Decimal(10),
                keys[CrmType.BOOLEAN]: False,
                keys[CrmType.DATE]: date(2026, 2, 1),
                keys[CrmType.DATETIME]: datetime(2026, 2, 1, 12, tzinfo=UTC),
            },
            {"name": "C"},
        ]
        insert_many(session, "company", rows, "user:1", THEN)
        fields = fields_of(session, "company")

    def found(key: str, comparison: Comparison, value: Any = None) -> str:
        with hub.reading() as session:
            asked = Browsing(Sort("name"), filters=[Filter(fields[key], comparison, value)])
            records = browse(session, "company", asked).records
            assert count(session, "company", asked) == len(records)
        return "".join(str(record.values["name"]) for record in records)

    for key, least in [("credit_limit", Decimal("9.6")), (keys[CrmType.DECIMAL], Decimal("9.6"))]:
        assert found(key, Comparison.FROM, least) == "B"
        assert found(key, Comparison.TO, least) == "A"
        assert found(key, Comparison.EQUALS, Decimal("9.500")) == "A"
        assert found(key, Comparison.EMPTY) == "C"
        assert found(key, Comparison.FILLED) == "AB"
    assert found(keys[CrmType.INTEGER], Comparison.FROM, 10) == "B"
    assert found("blocked", Comparison.EQUALS, False) == "B"
    assert found(keys[CrmType.BOOLEAN], Comparison.EQUALS, True) == "A"
    assert found(keys[CrmType.DATE], Comparison.TO, date(2026, 1, 31)) == "A"
    assert found(keys[CrmType.DATETIME], Comparison.FROM, datetime(2026, 2, 1, tzinfo=UTC)) == "B"
    assert found("country", Comparison.EQUALS, "NO") == "B"
    assert found("name", Comparison.CONTAINS, "a") == "A"
    with pytest.raises(InvalidInputError):
        found("blocked", Comparison.CONTAINS, True)


def test_a_made_up_place_in_a_list_is_refused(hub: Database) -> None:
    filled(hub, 3)
    with hub.reading() as session:
        for place in ["x", "####", "bnVsbA", "W10", "a" * 5000]:
            with pytest.raises(InvalidInputError):
                browse(session, "company", Browsing(Sort("name"), after=place))


def test_a_place_with_a_value_of_any_type_is_used_or_refused(hub: Database) -> None:
    values = [None, "a", "\x00", "\ud800", 1, 2**64, True, Decimal(1), date(2026, 1, 1), THEN]
    with hub.reading() as session:
        for key in SORTS:
            for value in values:
                with suppress(InvalidInputError):
                    place = Cursor(key, value, 1).encode()
                    assert browse(session, "company", Browsing(Sort(key), after=place)).records == []


def test_a_place_of_another_order_is_refused(hub: Database) -> None:
    filled(hub)
    with hub.reading() as session:
        page = browse(session, "company", Browsing(Sort("name"), limit=5))
        with pytest.raises(InvalidInputError):
            browse(session, "company", Browsing(Sort("name", descending=True), after=page.next))


def test_a_list_is_not_sorted_by_what_is_no_standard_field() -> None:
    with pytest.raises(InvalidInputError):
        Sort.parse("company", "x_colour")
    assert Sort.parse("company", "-credit_limit") == Sort("credit_limit", descending=True)
    assert Sort.parse("person", "").key == "last_name"
