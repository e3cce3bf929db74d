"""What goes out and comes back unchanged is unchanged, for every pair of types that goes both ways (docs/values.md)."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from erp_links.mapping.compatibility import conversion
from erp_links.mapping.compiled import CompiledField, CompiledMapping
from erp_links.mapping.converting import converter
from erp_links.mapping.converting_back import back_converter
from erp_links.mapping.list_table import list_table
from erp_links.mapping.models import Unpaired
from erp_links.sync.merge.deciding import Rules
from erp_links.sync.merge.merging import merge, settle
from erp_links.sync.merge.ranking import Ranking
from erp_links.sync.merge.sides import Bases, Merged
from erp_links.sync.merge.translating import Translator
from host.crm.fields import CrmField, CrmType
from host.crm.record import Record
from host.crm.registry import entity_type_of
from host.crm.values import DECIMAL_DIGITS, DECIMAL_PLACES, LARGEST_INTEGER, check_value
from sync_connectors import Actor, ActorType, Field, FieldType, ListKey
from sync_connectors.codec import value_to_json

TABLE = list_table({"1": "DK", "2": "DE"}, {"DK", "DE", "NO", "FI", "2"}, {"1", "2", "NO", "SE", "DK"})
ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/Oslo",
        "America/St_Johns",
        "America/Sao_Paulo",  # its summer began and ended at midnight
        "America/Havana",  # midnight comes twice there
        "Australia/Lord_Howe",  # half an hour
        "Asia/Kathmandu",
        "Pacific/Apia",  # left out the 30th of December 2011
        "Pacific/Auckland",
        "Pacific/Honolulu",
    ]
).map(ZoneInfo)
TURNS = st.sampled_from(
    [
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
        datetime(2018, 11, 4, 3, tzinfo=UTC),
        datetime(2019, 2, 17, 2, tzinfo=UTC),
        datetime(2026, 3, 8, 5, tzinfo=UTC),
        datetime(2026, 11, 1, 5, tzinfo=UTC),
        datetime(2026, 4, 4, 15, tzinfo=UTC),
        datetime(2011, 12, 30, 10, tzinfo=UTC),
    ]
)
"""Moments at which clocks of these zones are put forward or back."""
NEAR_TURNS = st.builds(lambda turn, minutes: turn + timedelta(minutes=minutes), TURNS, st.integers(-200, 200))
MOMENTS = st.datetimes(timezones=st.just(UTC)) | NEAR_TURNS
LOCALS = st.datetimes() | NEAR_TURNS.map(lambda moment: moment.replace(tzinfo=None))
DAYS = st.dates() | st.sampled_from([date.min, date.max, date(2011, 12, 29), date(2011, 12, 30), date(2011, 12, 31)])
DECIMALS = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places, Context(prec=60)),
    st.integers(-(10**DECIMAL_DIGITS - 1), 10**DECIMAL_DIGITS - 1),
    st.integers(0, DECIMAL_PLACES),
)
BLANKS = st.sampled_from(["", " ", "   "])
PADDING = st.sampled_from(["", " ", "\t ", "   "])
WORDS = st.text(st.characters(blacklist_categories=("Cc", "Cs")), min_size=1, max_size=15)
LINES = st.lists(WORDS, min_size=1, max_size=3).map("\n".join)

HUB = {
    CrmType.TEXT: st.builds(lambda before, words, after: before + words + after, BLANKS, WORDS, BLANKS),
    CrmType.LONG_TEXT: LINES,
    CrmType.INTEGER: st.integers(-LARGEST_INTEGER, LARGEST_INTEGER),
    CrmType.DECIMAL: DECIMALS,
    CrmType.BOOLEAN: st.booleans(),
    CrmType.DATE: DAYS,
    CrmType.DATETIME: MOMENTS,
    CrmType.LIST: st.sampled_from(["DK", "DE", "NO", "FI", "2"]),
}
ERP = {
    FieldType.TEXT: st.builds(lambda before, words, after: before + words + after, PADDING, WORDS | LINES, PADDING)
    | LINES.map(lambda lines: lines.replace("\n", "\r\n")),
    FieldType.INTEGER: st.integers(-LARGEST_INTEGER, LARGEST_INTEGER),
    FieldType.DOUBLE: DECIMALS,
    FieldType.CHECKBOX: st.booleans(),
    FieldType.DATE: DAYS,
    FieldType.DATETIME: MOMENTS,
    FieldType.LOCAL_DATETIME: LOCALS | LOCALS.map(lambda local: local.replace(fold=1)),
    FieldType.LIST: st.sampled_from(["1", "2", "NO", "SE", "DK", ""]).map(ListKey),
}
BOTH_WAYS = [(erp, crm) for erp in ERP for crm in HUB if conversion(erp, crm).to_crm and conversion(erp, crm).to_erp]


class Pair:
    """One ERP field and one CRM field, and what goes between them."""

    def __init__(self, erp_type, crm_type, zone, *, decimals=None, max_length=0):
        self.erp = Field("X", "X", erp_type, decimals=decimals, max_length=max_length)
        self.crm = CrmField("name", "X", crm_type)
        self._there = converter(self.erp, self.crm, table=TABLE, zone=zone)
        self._back = back_converter(self.erp, self.crm, table=TABLE, zone=zone)

    def there(self, value):
        return worded(self._there, value)

    def back(self, value):
        return worded(self._back, value)

    def compiled(self):
        return CompiledField(self.erp, self.crm, True, True, "priority", "always", self._there, self._back)


def worded(convert, value):
    """Return the converted value, or `...` where it was refused in words."""
    try:
        return convert(value)
    except ValueError as error:
        return ... if str(error) else error


def as_the_erp_keeps_it(pair, hub, zone):
    """Return what becomes of a hub value on its way out and back, where nothing else is refused."""
    match pair.erp.type, pair.crm.type:
        case FieldType.TEXT, _:
            return hub.strip() or None
        case FieldType.DOUBLE, _ if pair.erp.decimals is not None:
            places = Decimal(1).scaleb(-pair.erp.decimals)
            return (
                hub
                if hub.as_tuple().exponent >= -pair.erp.decimals
                else hub.quantize(places, ROUND_HALF_UP, Context(prec=60))
            )
        case FieldType.DATE, CrmType.DATETIME:
            return datetime.combine(hub.astimezone(zone).date(), time(), zone).astimezone(UTC)
        case FieldType.LOCAL_DATETIME, CrmType.DATETIME:
            return hub.astimezone(zone).replace(fold=0).astimezone(UTC)
    return hub


@pytest.mark.parametrize(("erp_type", "crm_type"), BOTH_WAYS)
@settings(max_examples=60)
@given(data=st.data(), zone=ZONES, decimals=st.none() | st.integers(0, 6))
def test_what_goes_to_the_erp_comes_back_as_the_page_says(erp_type, crm_type, data, zone, decimals):
    pair = Pair(erp_type, crm_type, zone, decimals=decimals)
    hub = data.draw(st.none() | HUB[crm_type])
    assert hub is None or check_value(pair.crm, hub, ("DK", "DE", "NO", "FI", "2")) == hub
    sent = pair.back(hub)
    if sent is ...:
        assert crm_type in {CrmType.DATE, CrmType.DATETIME, CrmType.LIST}
        return
    returned = pair.there(sent)
    if returned is ...:  # rounded up to more digits than the hub takes, or midnight of a day at the calendar's end
        assert crm_type in {CrmType.DECIMAL, CrmType.DATETIME}
        return
    assert returned == (None if hub is None else as_the_erp_keeps_it(pair, hub, zone))
    assert pair.back(returned) == sent


@pytest.mark.parametrize(("erp_type", "crm_type"), BOTH_WAYS)
@settings(max_examples=60)
@given(data=st.data(), zone=ZONES, decimals=st.none() | st.integers(0, 6))
def test_what_comes_from_the_erp_goes_back_as_the_same_value_or_one_that_counts_as_it(
    erp_type, crm_type, data, zone, decimals
):
    pair = Pair(erp_type, crm_type, zone, decimals=decimals)
    told = data.draw(st.none() | ERP[erp_type])
    if decimals is not None and erp_type is FieldType.DOUBLE and told is not None:
        assume(told.as_tuple().exponent >= -decimals)  # it keeps no more places than it declares
    hub = pair.there(told)
    if hub is ...:
        return
    sent = pair.back(hub)
    if sent is ...:
        # a day that the zone leaves out began where the next one does
        assert crm_type is CrmType.DATE
        return
    assert sent == told or pair.there(sent) == hub


@pytest.mark.parametrize(("erp_type", "crm_type"), BOTH_WAYS)
@settings(max_examples=60)
@given(data=st.data(), zone=ZONES, decimals=st.none() | st.integers(0, 6))
def test_a_merge_sees_no_change_in_what_was_sent_and_is_told_again_in_any_form(
    erp_type, crm_type, data, zone, decimals
):
    pair = Pair(erp_type, crm_type, zone, decimals=decimals)
    hub = data.draw(st.none() | HUB[crm_type])
    sent = pair.back(hub)
    if sent is ...:
        return
    mapped = pair.compiled()
    settled = Merged({}, {})
    settle(mapped, settled, value_to_json(in_some_form(data, sent)), hub)
    again = merged(mapped, in_some_form(data, sent), hub, Bases(settled.base_erp, settled.base_hub))
    assert (again.changes, again.owed, again.questions, again.faults) == ([], [], [], [])


def in_some_form(data, value):
    """Return the value as an ERP may tell it: padded, with more zeros, an empty text for none."""
    if isinstance(value, Decimal):
        places = min(int(value.as_tuple().exponent), 0) - data.draw(st.integers(0, 3))
        return value.quantize(Decimal(1).scaleb(places), context=Context(prec=80))
    if isinstance(value, str) and not isinstance(value, ListKey):
        return value + data.draw(PADDING)
    return value


def merged(mapped, told, hub, bases):
    mapping = CompiledMapping(
        ActorType("Customer", "Customer"),
        entity_type_of("company"),
        (mapped,),
        (),
        Unpaired.IGNORE,
        Unpaired.IGNORE,
        (),
        "",
        frozenset(),
        {},
        b"",
    )
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    record = Record("company", 1, 1, {"name": hub}, noon, "user:1", noon, "user:1", {})
    incoming = Translator(mapping).translate(Actor("Customer", "C1", {"X": told}), b"")
    return merge(Rules(mapping, Ranking({0: 0, 7: 1}), "link:7"), incoming, record, bases)


@given(text=WORDS, max_length=st.integers(1, 20))
@example("x" * 11, 10)
def test_a_text_that_the_erp_cannot_hold_is_refused_and_never_cut(text, max_length):
    sent = Pair(FieldType.TEXT, CrmType.TEXT, ZoneInfo("UTC"), max_length=max_length).back(text)
    assert sent == (text.strip() or None if len(text.strip()) <= max_length else ...)


@pytest.mark.parametrize("crm_type", [CrmType.INTEGER, CrmType.DECIMAL, CrmType.DATE, CrmType.DATETIME])
@settings(max_examples=40)
@given(data=st.data(), zone=ZONES)
def test_numbers_and_dates_become_texts_that_tell_them_exactly(crm_type, data, zone):
    hub = data.draw(HUB[crm_type])
    sent = Pair(FieldType.TEXT, crm_type, zone).back(hub)
    if sent is ...:  # the calendar is over in that zone
        assert crm_type is CrmType.DATETIME
        return
    match crm_type:
        case CrmType.INTEGER:
            assert int(sent) == hub
        case CrmType.DECIMAL:
            assert Decimal(sent) == hub
            assert "E" not in sent
        case CrmType.DATE:
            assert date.fromisoformat(sent) == hub
        case CrmType.DATETIME:
            assert datetime.fromisoformat(sent) == hub.replace(microsecond=0)


@pytest.mark.parametrize(
    ("erp_type", "crm_type"),
    [(erp, crm) for erp in ERP for crm in HUB if conversion(erp, crm).to_crm != conversion(erp, crm).to_erp],
)
def test_a_pair_that_goes_one_way_refuses_the_other_in_words(erp_type, crm_type):
    pair = Pair(erp_type, crm_type, ZoneInfo("UTC"))
    one_way = pair.back if conversion(erp_type, crm_type).to_crm else pair.there
    assert one_way("x") is ...
    assert one_way(None) is None
