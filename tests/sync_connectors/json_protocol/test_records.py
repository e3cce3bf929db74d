"""Columns of records are exact, and refuse what is malformed."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_connectors import Actor, ListKey, Rows
from sync_connectors.json_protocol.media import MOST_RECORDS
from sync_connectors.json_protocol.reading import MessageError, decode, encode
from sync_connectors.json_protocol.records import MIXED, column_to_json, records_from_json, records_to_json
from tests.sync_connectors.json_protocol.samples import ORDER, PERSON, SPARSE
from tests.sync_connectors.json_protocol.schema import checked

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    TEXTS,
    TEXTS.map(ListKey),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.dictionaries(TEXTS, st.dictionaries(TEXTS, st.one_of(st.none(), TEXTS, st.dates()), max_size=2), max_size=2).map(
        Rows
    ),
)
ACTORS = st.lists(
    st.builds(
        lambda key, values: Actor("Customer", key, values, "t"), TEXTS, st.dictionaries(TEXTS, VALUES, max_size=4)
    ),
    max_size=5,
)


def over_the_wire(actors):
    json = decode(encode({"records": records_to_json(actors)}))
    checked("records", json["records"])
    return records_from_json(json["records"])


@given(ACTORS)
def test_records_of_any_values_are_exact(actors):
    read = over_the_wire(actors)
    assert list(read) == actors
    assert [_kinds(actor) for actor in read] == [_kinds(actor) for actor in actors]


def _kinds(actor):
    return {name: (type(value), getattr(value, "tzinfo", None)) for name, value in actor.values.items()}


def test_types_parents_times_and_absent_values_are_kept():
    assert over_the_wire([PERSON, ORDER, SPARSE]) == (PERSON, ORDER, SPARSE)
    assert over_the_wire([]) == ()


def test_columns_of_one_plain_type_are_not_converted():
    assert column_to_json(["a", None, "b"]) == ("text", ["a", None, "b"])
    assert column_to_json([True, None]) == ("checkbox", [True, None])
    assert column_to_json([None, None]) == ("text", [None, None])
    assert column_to_json([Decimal("1.50"), None]) == ("double", ["1.50", None])


def test_a_column_of_several_types_carries_marks():
    assert column_to_json(["a", Decimal(1), 2]) == (MIXED, ["a", {"double": "1"}, 2])
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - a local time
    assert column_to_json([naive, datetime(2026, 1, 1, tzinfo=UTC)])[0] == MIXED


@pytest.mark.parametrize("value", [1.5, Decimal("NaN"), Decimal("Infinity"), b"x", [1], {"a": 1}, object()])
def test_a_value_of_no_type_is_not_written(value):
    with pytest.raises(ValueError, match="no "):
        column_to_json([value])
    with pytest.raises(ValueError, match="no "):
        column_to_json(["text", value])


def test_a_time_of_another_zone_is_read_as_utc():
    east = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=3)))
    json = records_to_json([Actor("Customer", "1", {"MET": east}, "t", changed_at=east)])
    json["changed_at"] = [east.isoformat()]
    json["values"]["MET"] = [east.isoformat()]
    (read,) = records_from_json(json)
    assert read.values["MET"].tzinfo is UTC
    assert read.changed_at == east
    assert read.changed_at.tzinfo is UTC


def records(**changes):
    return {
        "actor_type": "Customer",
        "keys": ["1", "2"],
        "timestamps": ["a", "b"],
        "types": {"NAME": "text", "CREDIT": "double", "MET": "datetime", "LINES": "rows", "ANY": "mixed"},
        "values": {"NAME": ["x", "y"], "CREDIT": ["1", None]},
    } | changes


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"keys": ["1"]}, "not all as long as the keys"),
        ({"keys": ["1", 2]}, "keys is no list of texts"),
        ({"keys": None}, "keys is no list"),
        ({"timestamps": ["a"]}, "not all as long"),
        ({"timestamps": [1, 2]}, "timestamps is no list of texts"),
        ({"actor_type": 7}, "actor_type is no list"),
        ({"actor_type": ["Customer"]}, "not all as long"),
        ({"values": {"NAME": ["x"]}}, "the column NAME is not as long"),
        ({"values": {"NAME": "xy"}}, "the column NAME is no list"),
        ({"values": []}, "values is no object"),
        ({"values": {"NEW": ["x", "y"]}}, "NEW holds what is not of its type"),
        ({"types": {"NAME": "poem"}}, "NAME holds what is not of its type"),
        ({"types": None}, "types is no object"),
        ({"values": {"CREDIT": ["1", "many"]}}, "CREDIT holds"),
        ({"values": {"CREDIT": ["1", 1.5]}}, "CREDIT holds"),
        ({"values": {"MET": ["2026-01-01", None]}}, "MET holds"),
        ({"values": {"MET": ["0001-01-01T00:00:00+10:00", None]}}, "MET holds"),
        ({"values": {"LINES": [[["a", 1]], None]}}, "LINES holds"),
        ({"values": {"LINES": [[["a", {"b": {"c": 1, "d": 2}}]], None]}}, "LINES holds"),
        ({"values": {"ANY": [{"poem": "x"}, None]}}, "ANY holds"),
        ({"values": {"ANY": [1.5, None]}}, "ANY holds"),
        ({"parents": [["Customer"], None]}, "parents is malformed"),
        ({"parents": [None]}, "not all as long"),
        ({"changed_at": ["yesterday", None]}, "changed_at is malformed"),
        ({"changed_at": ["2026-01-01T00:00:00", None]}, "changed_at is malformed"),
        ({"absent": {"NAME": [2]}}, "absent names a place"),
        ({"absent": {"NAME": [-1]}}, "absent names a place"),
        ({"absent": {"NAME": [0, 0]}}, "absent names a place"),
        ({"absent": {"NAME": [True]}}, "absent names a place"),
        ({"absent": {"OTHER": [0]}}, "absent names a place"),
        ({"absent": {"NAME": 0}}, "absent is no list"),
    ],
)
def test_malformed_records_are_refused_by_name(changes, words):
    records_from_json(records())
    with pytest.raises(MessageError, match=words):
        records_from_json(records(**changes))


def test_more_records_than_a_page_may_hold_are_refused():
    keys = ["x"] * (MOST_RECORDS + 1)
    with pytest.raises(MessageError, match="more than"):
        records_from_json(records(keys=keys, timestamps=keys, values={}))


def test_more_columns_than_a_type_may_have_are_refused():
    with pytest.raises(MessageError, match="more than 2000 columns"):
        records_from_json(records(values={str(number): ["x", "y"] for number in range(2001)}))
