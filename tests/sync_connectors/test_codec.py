"""What is written as JSON is read back as exactly the same."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_connectors import (
    Access,
    ActorType,
    Capabilities,
    ConfigurationField,
    Field,
    FieldType,
    ListKey,
    Rows,
    ShowIf,
)
from sync_connectors.codec import (
    actor_type_from_json,
    actor_type_to_json,
    configuration_field_from_json,
    configuration_field_to_json,
    field_from_json,
    field_to_json,
    value_from_json,
    value_to_json,
)

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False)
SCALARS = {
    FieldType.CHECKBOX: st.booleans(),
    FieldType.TEXT: st.text(),
    FieldType.PASSWORD: st.text(),
    FieldType.LABEL: st.text(),
    FieldType.INTEGER: st.integers(),
    FieldType.DOUBLE: DECIMALS,
    FieldType.LIST: st.text().map(ListKey),
    FieldType.DATETIME: st.datetimes(timezones=st.just(UTC)),
    FieldType.LOCAL_DATETIME: st.datetimes(),
    FieldType.DATE: st.dates(),
}
CELLS = st.one_of(st.none(), *(strategy for strategy in SCALARS.values()))
ROWS = st.dictionaries(st.text(), st.dictionaries(st.text(), CELLS, max_size=4), max_size=4).map(Rows)
TYPED = st.one_of(
    *(st.tuples(st.just(type_), strategy) for type_, strategy in SCALARS.items()),
    st.tuples(st.just(FieldType.ROWS), ROWS),
    st.tuples(st.sampled_from(FieldType), st.none()),
)
NAMES = st.text(min_size=1, max_size=8)


def stored(value: object) -> object:
    return json.loads(json.dumps(value))


@given(TYPED)
def test_a_value_of_any_type_comes_back_as_the_same_value_of_the_same_python_type(typed):
    type_, value = typed
    back = value_from_json(type_, stored(value_to_json(value)))
    assert back == value
    assert type(back) is type(value)
    if isinstance(value, Decimal):
        assert str(back) == str(value)
    if isinstance(value, Rows):
        assert list(back) == list(value)
        assert [type(cell) for row in back.values() for cell in row.values()] == [
            type(cell) for row in value.values() for cell in row.values()
        ]


def test_a_time_in_another_zone_is_stored_as_the_same_instant_in_utc():
    value = datetime(2024, 3, 31, 2, 30, tzinfo=timezone(timedelta(hours=2)))
    back = value_from_json(FieldType.DATETIME, value_to_json(value))
    assert back == value
    assert back.tzinfo is UTC


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), 1.5, b"x", object()])
def test_a_value_without_an_exact_form_is_refused(value):
    with pytest.raises(ValueError, match="is no"):
        value_to_json(value)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (FieldType.CHECKBOX, 1),
        (FieldType.INTEGER, True),
        (FieldType.INTEGER, "1"),
        (FieldType.TEXT, 1),
        (FieldType.DOUBLE, 1.5),
        (FieldType.DOUBLE, "x"),
        (FieldType.DATE, "2024-13-01"),
        (FieldType.DATETIME, "2024-01-01T00:00:00"),
        (FieldType.LOCAL_DATETIME, "2024-01-01T00:00:00+00:00"),
        (FieldType.ROWS, [["1", {"a": 1.5}]]),
        (FieldType.ROWS, {"a": 1}),
    ],
)
def test_json_of_another_type_is_refused_with_the_type_in_the_message(type_, value):
    with pytest.raises(ValueError, match=type_.value):
        value_from_json(type_, value)


def test_a_date_is_not_read_as_a_time():
    assert value_from_json(FieldType.DATE, "2024-02-29") == date(2024, 2, 29)


FIELDS = st.recursive(
    st.builds(
        Field,
        key=NAMES,
        label=NAMES,
        type=st.sampled_from(FieldType),
        description=st.text(max_size=8),
        list_name=st.text(max_size=8),
        default=st.text(max_size=8),
        rank=st.integers(),
        max_length=st.integers(min_value=0),
        access=st.sampled_from(Access),
        decimals=st.none() | st.integers(min_value=0, max_value=9),
    ),
    lambda inner: st.builds(
        Field, NAMES, NAMES, st.just(FieldType.ROWS), row_fields=st.lists(inner, max_size=3).map(tuple)
    ),
    max_leaves=3,
)


@given(FIELDS)
def test_a_field_comes_back_equal(field):
    assert field_from_json(stored(field_to_json(field))) == field


@given(
    st.builds(
        ActorType,
        NAMES,
        NAMES,
        st.text(max_size=5),
        st.lists(NAMES, max_size=2).map(tuple),
        st.text(max_size=5),
        st.builds(Capabilities, *[st.booleans()] * 5, NAMES, st.booleans(), st.integers(), st.integers()),
    )
)
def test_an_actor_type_comes_back_equal(actor_type):
    assert actor_type_from_json(stored(actor_type_to_json(actor_type))) == actor_type


@given(
    st.builds(
        ConfigurationField,
        key=NAMES,
        label=NAMES,
        type=st.sampled_from(FieldType),
        default=st.text(max_size=5),
        required=st.booleans(),
        choices=st.dictionaries(NAMES, NAMES, max_size=3),
        depends_on=st.lists(NAMES, max_size=2).map(tuple),
        secret=st.booleans(),
        address=st.booleans(),
        show_if=st.none() | st.builds(ShowIf, NAMES, st.lists(NAMES, max_size=2).map(tuple)),
        minimum=st.none() | st.integers(),
        maximum=st.none() | st.integers(),
        step=st.text(max_size=5),
        authorise=st.booleans(),
    )
)
def test_a_configuration_field_comes_back_equal_with_its_choices_in_order(field):
    back = configuration_field_from_json(stored(configuration_field_to_json(field)))
    assert back == field
    assert list(back.choices) == list(field.choices)


def test_a_declaration_of_a_later_version_is_read_without_what_is_unknown():
    assert field_from_json({"key": "NAME", "label": "Name", "type": "text", "colour": "red"}) == Field(
        "NAME", "Name", FieldType.TEXT
    )
