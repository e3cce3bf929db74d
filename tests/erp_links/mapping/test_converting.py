from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erp_links.mapping.compatibility import conversion
from erp_links.mapping.converting import UnmappedItemError, converter
from erp_links.mapping.list_table import list_table
from host.crm.registry import CrmField, CrmType
from host.crm.values import check_value
from sync_connectors import Field, FieldType, ListKey

OSLO = ZoneInfo("Europe/Oslo")
ITEMS = frozenset({"DK", "NO"})
VALUES = {
    FieldType.CHECKBOX: st.booleans(),
    FieldType.TEXT: st.text(),
    FieldType.INTEGER: st.integers(),
    FieldType.DOUBLE: st.decimals(allow_nan=False, allow_infinity=False),
    FieldType.LIST: st.text().map(ListKey) | st.sampled_from(sorted(ITEMS)).map(ListKey),
    FieldType.DATETIME: st.datetimes(timezones=st.just(UTC)),
    FieldType.LOCAL_DATETIME: st.datetimes(),
    FieldType.DATE: st.dates(),
}
PAIRS = [(erp, crm) for erp in VALUES for crm in CrmType if conversion(erp, crm).to_crm]


def convert(erp_type, crm_type, value, *, max_length=0, texts=None, zone=OSLO):
    field = CrmField("x", "X", crm_type, max_length=max_length)
    return converter(Field("X", "X", erp_type), field, table=list_table({}, ITEMS), texts=texts, zone=zone)(value)


def outcome(erp_type, crm_type, value):
    try:
        return convert(erp_type, crm_type, value, max_length=20), ""
    except ValueError as error:
        return None, str(error)


@pytest.mark.parametrize(("erp_type", "crm_type"), PAIRS)
@settings(max_examples=40)
@given(data=st.data())
def test_every_value_becomes_one_the_hub_takes_or_is_refused_in_words(erp_type, crm_type, data):
    value = data.draw(st.none() | VALUES[erp_type])
    converted, words = outcome(erp_type, crm_type, value)
    assert words or check_value(CrmField("x", "X", crm_type, max_length=20), converted, ITEMS) == converted


@pytest.mark.parametrize(("erp_type", "crm_type"), PAIRS)
def test_blank_stays_blank(erp_type, crm_type):
    assert convert(erp_type, crm_type, None) is None


@pytest.mark.parametrize("blank", ["", "   ", "\t\n"])
def test_a_text_of_blanks_is_no_value(blank):
    assert convert(FieldType.TEXT, CrmType.TEXT, blank) is None


def test_padding_does_not_count():
    assert convert(FieldType.TEXT, CrmType.TEXT, "  10482   ") == "10482"


def test_a_text_that_is_too_long_is_refused_and_not_cut():
    with pytest.raises(ValueError, match="must not be longer than 20 characters"):
        convert(FieldType.TEXT, CrmType.TEXT, "x" * 21, max_length=20)


def test_list_items_pass_by_equal_key_only():
    assert convert(FieldType.LIST, CrmType.LIST, ListKey("DK")) == "DK"
    with pytest.raises(UnmappedItemError, match="“dk” is not in the CRM's list"):
        convert(FieldType.LIST, CrmType.LIST, ListKey("dk"))


def test_a_list_goes_into_a_text_as_its_display_text():
    assert convert(FieldType.LIST, CrmType.TEXT, ListKey("DK"), texts={"DK": "Denmark"}) == "Denmark"


@pytest.mark.parametrize("digits", ["0.1", "60000.00", "-12.345678901234567", "99999999999999999999.99"])
def test_decimals_stay_exact(digits):
    assert convert(FieldType.DOUBLE, CrmType.DECIMAL, Decimal(digits)) == Decimal(digits)


@pytest.mark.parametrize("digits", ["1.50000000000000000000", "-12" + "." + "0" * 40])
def test_zeros_at_the_end_never_make_a_number_too_long(digits):
    assert convert(FieldType.DOUBLE, CrmType.DECIMAL, Decimal(digits)) == Decimal(digits)


@pytest.mark.parametrize("digits", ["1E+999999", "1E-999999", "0." + "1" * 19])
def test_a_number_with_more_digits_than_the_crm_takes_is_refused(digits):
    with pytest.raises(ValueError, match="digits"):
        convert(FieldType.DOUBLE, CrmType.DECIMAL, Decimal(digits))


def test_an_exponent_does_not_become_a_text_of_zeros():
    with pytest.raises(ValueError, match="must be a number"):
        convert(FieldType.DOUBLE, CrmType.LONG_TEXT, Decimal("1E+999999"))


def test_a_day_of_the_erp_is_a_day_in_its_zone():
    assert convert(FieldType.DATETIME, CrmType.DATE, datetime(2026, 6, 30, 22, 30, tzinfo=UTC)) == date(2026, 7, 1)


def test_local_times_are_read_in_the_erps_zone():
    half_past_nine = datetime.combine(date(2026, 7, 1), time(9, 30))
    utc = datetime(2026, 7, 1, 7, 30, tzinfo=UTC)
    assert convert(FieldType.LOCAL_DATETIME, CrmType.DATETIME, half_past_nine) == utc


def test_a_date_begins_at_midnight_in_the_erps_zone():
    assert convert(FieldType.DATE, CrmType.DATETIME, date(2026, 7, 1)) == datetime(2026, 6, 30, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hour", "zone"), [(date.min, 0, "Pacific/Auckland"), (date.max, 23, "America/Los_Angeles")]
)
def test_times_at_the_ends_of_the_calendar_are_refused_in_words(day, hour, zone):
    moment = datetime.combine(day, time(hour))
    with pytest.raises(ValueError, match="between the years 1 and 9999"):
        convert(FieldType.LOCAL_DATETIME, CrmType.DATETIME, moment, zone=ZoneInfo(zone))
