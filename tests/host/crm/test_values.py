from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.crm.fields import CrmField, CrmType
from host.crm.values import LARGEST_INTEGER, CrmRows, check_value, fold, from_json, to_json

VALUES = {
    CrmType.TEXT: st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=30),
    CrmType.LONG_TEXT: st.text(st.characters(exclude_categories=("Cc", "Cs")) | st.just("\n"), min_size=1),
    CrmType.INTEGER: st.integers(-LARGEST_INTEGER, LARGEST_INTEGER),
    CrmType.DECIMAL: st.decimals(
        allow_nan=False, allow_infinity=False, places=4, min_value=-(10**20), max_value=10**20
    ),
    CrmType.BOOLEAN: st.booleans(),
    CrmType.DATE: st.dates(),
    CrmType.DATETIME: st.datetimes(timezones=st.just(UTC)),
    CrmType.LIST: st.sampled_from(["DK", "NO"]),
    CrmType.REFERENCE: st.integers(1, 2**31 - 1),
}


def field_of(crm_type: CrmType, max_length: int = 0) -> CrmField:
    return CrmField("field", "Field", crm_type, max_length=max_length, list_key="country")


@pytest.mark.parametrize("crm_type", VALUES)
@given(data=st.data())
def test_a_value_of_the_field_is_kept_and_survives_its_json_form(crm_type: CrmType, data: st.DataObject) -> None:
    value = data.draw(VALUES[crm_type])
    checked = check_value(field_of(crm_type), value, {"DK", "NO"})
    assert checked == value
    assert from_json(crm_type, to_json(checked)) == checked


@pytest.mark.parametrize("crm_type", VALUES)
@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_is_no_value_in_a_field_of_any_type(crm_type: CrmType, nothing: object) -> None:
    assert check_value(field_of(crm_type), nothing) is None


@pytest.mark.parametrize(
    ("crm_type", "value"),
    [
        (CrmType.TEXT, 5),
        (CrmType.TEXT, "two\nlines"),
        (CrmType.TEXT, "nul\x00"),
        (CrmType.TEXT, "half \ud800"),
        (CrmType.LONG_TEXT, "bell\x07"),
        (CrmType.LONG_TEXT, b"bytes"),
        (CrmType.INTEGER, True),
        (CrmType.INTEGER, 1.0),
        (CrmType.INTEGER, 2**63),
        (CrmType.INTEGER, "1"),
        (CrmType.DECIMAL, 1.5),
        (CrmType.DECIMAL, Decimal("NaN")),
        (CrmType.DECIMAL, Decimal("Infinity")),
        (CrmType.DECIMAL, Decimal("1e40")),
        (CrmType.DECIMAL, Decimal("1e-19")),
        (CrmType.DECIMAL, True),
        (CrmType.BOOLEAN, 1),
        (CrmType.BOOLEAN, "yes"),
        (CrmType.DATE, datetime(2026, 1, 1, tzinfo=UTC)),
        (CrmType.DATE, "2026-01-01"),
        (CrmType.DATETIME, datetime(2026, 1, 1)),  # noqa: DTZ001 - the naive one is the point
        (CrmType.DATETIME, date(2026, 1, 1)),
        (CrmType.DATETIME, datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))),
        (CrmType.LIST, "SE"),
        (CrmType.LIST, ["DK"]),
        (CrmType.REFERENCE, 0),
        (CrmType.REFERENCE, 2**31),
        (CrmType.REFERENCE, "1"),
    ],
)
def test_what_is_no_value_of_the_field_is_refused_in_words(crm_type: CrmType, value: object) -> None:
    with pytest.raises(ValueError, match="must"):
        check_value(field_of(crm_type), value, {"DK"})


def test_a_text_longer_than_its_field_is_refused() -> None:
    assert check_value(field_of(CrmType.TEXT, 3), "abc") == "abc"
    with pytest.raises(ValueError, match="longer than 3"):
        check_value(field_of(CrmType.TEXT, 3), "abcd")


def test_lines_end_the_same_way_wherever_they_come_from() -> None:
    assert check_value(field_of(CrmType.LONG_TEXT), "one\r\ntwo\rthree\n") == "one\ntwo\nthree\n"


def test_a_whole_number_is_a_decimal_too_and_zero_has_one_form() -> None:
    assert check_value(field_of(CrmType.DECIMAL), 7) == Decimal(7)
    assert str(check_value(field_of(CrmType.DECIMAL), Decimal("-0.00"))) == "0"


def test_instants_are_kept_in_utc_whatever_zone_they_came_in() -> None:
    oslo = timezone(timedelta(hours=2))
    checked = check_value(field_of(CrmType.DATETIME), datetime(2026, 7, 1, 12, 0, tzinfo=oslo))
    assert checked == datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
    assert to_json(checked) == "2026-07-01T10:00:00.000000Z"


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2, max_size=5))
def test_the_texts_of_instants_sort_as_the_instants_do(instants: list[datetime]) -> None:
    assert sorted(instants) == [
        from_json(CrmType.DATETIME, text) for text in sorted(str(to_json(each)) for each in instants)
    ]


def test_texts_are_compared_without_case_and_blanks_in_every_alphabet() -> None:
    assert fold("  SØNDERGAARD ") == fold("søndergaard")
    assert fold("STRASSE") == fold("straße")


def test_rows_have_checks_of_their_own() -> None:
    assert set(CrmType) - set(VALUES) == {CrmType.ROWS}
    with pytest.raises(TypeError):
        check_value(field_of(CrmType.ROWS), {})


def test_rows_are_pairs_in_json_so_that_their_order_stays() -> None:
    columns = [CrmField("price", "Price", CrmType.DECIMAL), CrmField("day", "Day", CrmType.DATE)]
    rows: CrmRows = {"20": {"price": Decimal("1.50"), "day": date(2026, 3, 31)}, "10": {"price": None}}
    stored = to_json(rows)
    assert stored == [["20", {"price": "1.50", "day": "2026-03-31"}], ["10", {"price": None}]]
    assert from_json(CrmType.ROWS, stored, columns) == rows
    assert from_json(CrmType.ROWS, stored, columns[:1]) == {"20": {"price": Decimal("1.50")}, "10": {"price": None}}
    assert from_json(CrmType.ROWS, None, columns) == {}


@pytest.mark.parametrize("stored", [["10"], [["10"]], [["10", 5]], "10", 5, [["10", {"price": "many"}]]])
def test_what_is_no_rows_is_not_read_as_rows(stored: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are for nobody
        from_json(CrmType.ROWS, stored, [CrmField("price", "Price", CrmType.DECIMAL)])


def test_rows_are_no_single_value() -> None:
    with pytest.raises(ValueError, match="rows"):
        from_json(CrmType.TEXT, [["10", {}]])
