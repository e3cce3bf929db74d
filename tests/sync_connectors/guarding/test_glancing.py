"""One look at whole columns lets through exactly what the look at each record leaves as it is."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_connectors import Actor, ActorReference, Field, FieldType, ListKey, ProtocolError, Rows
from sync_connectors.guarding.actors import ActorCheck
from sync_connectors.guarding.glancing import Glance

FIELDS = [Field(kind.value, kind.value, kind) for kind in FieldType]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOOD = {
    "checkbox": True,
    "text": "Łódź\nand more",
    "password": "",
    "label": "x" * 300,
    "integer": -(2**63),
    "double": Decimal("-12.50"),
    "list": ListKey("DK"),
    "date": date(2026, 3, 1),
    "datetime": NOON,
    "local_datetime": NOON.replace(tzinfo=None),
}
VALUES = st.sampled_from(
    [
        *GOOD.values(),
        None,
        False,
        2**63,
        1.5,
        "a\x00b",
        "\ud800",
        "x" * 1_000_001,
        ListKey(""),
        ListKey("k" * 255),
        Decimal("NaN"),
        Decimal("1E+60"),
        NOON.astimezone(timezone(timedelta(hours=1))),
        Rows({"1": {}}),
        [],
    ]
)
KEYS = st.sampled_from(["C1", "C2", "", "k" * 255, "nul\x00", 7, ListKey("C1")])
ACTORS = st.builds(
    Actor,
    st.sampled_from(["Customer", "Customer", "Person"]),
    KEYS | st.just("C1"),
    st.dictionaries(st.sampled_from([*GOOD, "rows", "undeclared"]), VALUES, max_size=3) | st.just([]),
    KEYS | st.just("1"),
    st.none() | st.builds(ActorReference, KEYS, KEYS),
    st.none()
    | st.sampled_from([NOON, NOON.replace(tzinfo=None), NOON.astimezone(timezone(timedelta(hours=1))), "noon"]),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(ACTORS | st.just("no record"), max_size=3))
def test_what_is_plain_comes_out_of_every_check_as_it_is(actors: list) -> None:
    if Glance("Customer", FIELDS).is_plain(actors):
        check = ActorCheck("test", "Customer", FIELDS)
        assert all(check.one(actor) is actor for actor in actors)
        assert not check.undeclared


def test_a_page_as_the_contract_wants_it_is_plain() -> None:
    page = [
        Actor("Customer", f"C{number}", {**GOOD, "text": None}, "1", ActorReference("Customer", "C0"), NOON)
        for number in range(20)
    ]
    assert Glance("Customer", FIELDS).is_plain(page)
    assert Glance("Customer", FIELDS).is_plain([])
    assert ActorCheck("test", "Customer", FIELDS).all(page) == tuple(page)


@pytest.mark.parametrize(
    ("field", "value"), [("double", Decimal("NaN")), ("list", "DK"), ("text", "a\x00b"), ("date", NOON)]
)
def test_one_wrong_value_in_a_page_is_found_and_named(field: str, value: object) -> None:
    page = [Actor("Customer", f"C{number}", dict(GOOD), "1") for number in range(20)]
    page[13] = Actor("Customer", "C13", {**GOOD, field: value}, "1")
    assert not Glance("Customer", FIELDS).is_plain(page)
    with pytest.raises(ProtocolError, match=f"C13, whose field {field}"):
        ActorCheck("test", "Customer", FIELDS).all(page)
