"""A page that is translated column by column is what its records are when they are translated one by one."""

import pickle
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from erp_links.mapping.compatibility import conversion
from erp_links.mapping.compiled import CompiledField, CompiledMapping
from erp_links.mapping.converting import converter
from erp_links.mapping.converting_back import back_converter
from erp_links.mapping.list_table import list_table
from erp_links.mapping.models import Unpaired
from erp_links.sync.merge.delivered import Digester
from erp_links.sync.merge.translating import Translator
from erp_links.sync.pull.translated_pages import PageTranslator, TranslatedPage
from host.crm.fields import CrmField, CrmType
from host.crm.registry import entity_type_of
from host.crm.values import fold_all
from host.database import load_json
from sync_connectors import Actor, ActorReference, ActorType, Field, FieldType, ListKey

TABLE = list_table({"1": "DK"}, {"DK", "NO"}, {"1", "NO", "SE"})
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TWICE = datetime(2026, 10, 25, 2, 30, tzinfo=UTC).replace(tzinfo=None)
VALUES = {
    FieldType.CHECKBOX: [True, False],
    FieldType.TEXT: [
        "Alfa",
        " Łódź\xa0",
        "",
        " \t ",
        "x" * 11,
        "two\nlines",
        "two\r\nlines",
        "\x1fend\x1f",
        "bell\x07",
        "a\x85b",
        7,
        True,
        ListKey("1"),
    ],
    FieldType.INTEGER: [0, -1, 2**62],
    FieldType.DOUBLE: [
        Decimal("1.50"),
        Decimal("1.5"),
        Decimal("1E+3"),
        Decimal("0.1234567890123456789012345678901234567890"),
    ],
    FieldType.LIST: [ListKey("1"), ListKey("NO"), ListKey("SE"), ListKey("unheard of"), "1"],
    FieldType.DATE: [date(2026, 3, 1), date.min, date.max],
    FieldType.DATETIME: [NOON, datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)],
    FieldType.LOCAL_DATETIME: [TWICE, TWICE.replace(fold=1), NOON.replace(tzinfo=None)],
}
PAIRS = [
    (erp, crm)
    for erp in VALUES
    for crm in CrmType
    if crm not in {CrmType.ROWS, CrmType.REFERENCE} and conversion(erp, crm).to_crm
]


def compiled(number: int, erp_type: FieldType, crm_type: CrmType) -> CompiledField:
    erp = Field(f"E{number}", "E", erp_type, list_name="items" if erp_type is FieldType.LIST else "")
    crm = CrmField(f"c{number}", "C", crm_type, max_length=10 if crm_type is CrmType.TEXT else 0, list_key="items")
    convert = converter(erp, crm, table=TABLE, texts={"1": " one "}, zone=ZoneInfo("Europe/Oslo"))
    back = back_converter(erp, crm, table=TABLE, zone=ZoneInfo("Europe/Oslo"))
    return CompiledField(erp, crm, number % 3 > 0, True, "priority", "always", convert, back)


FIELDS = tuple(compiled(number, *pair) for number, pair in enumerate(PAIRS))
MAPPING = CompiledMapping(
    ActorType("Customer", "Customer"),
    entity_type_of("company"),
    FIELDS,
    (),
    Unpaired.IGNORE,
    Unpaired.IGNORE,
    (),
    "",
    frozenset(),
    {},
    b"fingerprint",
)


@st.composite
def pages(draw: st.DrawFn) -> list[Actor]:
    numbers = draw(st.lists(st.sampled_from(range(len(FIELDS))), min_size=1, max_size=5, unique=True))
    records = draw(st.integers(1, 4))
    page = []
    for number in range(records):
        values = {}
        for each in numbers:
            value = draw(st.none() | st.sampled_from([..., *VALUES[FIELDS[each].erp.type]]))
            if value is not ...:
                values[FIELDS[each].erp.key] = value
        page.append(Actor("Customer", f"C{number}", values, "1"))
    return page


def translated(page: list[Actor], mapping: CompiledMapping = MAPPING) -> TranslatedPage:
    return PageTranslator(mapping).translate(Digester(mapping).look_at(page))


@settings(max_examples=300)
@given(pages())
def test_a_page_is_what_its_records_are(page: list[Actor]) -> None:
    digests = [Digester(MAPPING).digest_of(actor) for actor in page]
    one_by_one = list(map(Translator(MAPPING).translate, page, digests))
    at_once = translated(page)
    records = [at_once.record(place) for place in range(len(page))]
    assert records == one_by_one
    # equal is not enough: 1.5 is not written as 1.50 is, and True is not 1
    assert [_told(each.hub) for each in records] == [_told(each.hub) for each in one_by_one]
    assert [_told(each.erp) for each in records] == [_told(each.erp) for each in one_by_one]


@settings(max_examples=200)
@given(pages())
def test_a_page_is_the_same_in_another_process(page: list[Actor]) -> None:
    here = translated(page)
    here.fold_texts()
    there: TranslatedPage = pickle.loads(pickle.dumps(here))  # noqa: S301 -- our own
    places = range(len(page))
    for place in places:
        one, other = here.record(place), there.record(place)
        assert replace(other, actor=replace(other.actor, values=one.actor.values)) == one
        assert _told(other.hub) == _told(one.hub)
    assert (there.is_whole, there.digests) == (here.is_whole, here.digests)
    assert there.base_texts(places) == here.base_texts(places)
    assert there.settled_digests(places) == here.settled_digests(places)
    folded = there.folded(places)
    assert folded == {key: fold_all(there.column(key, places)) for key in folded}
    assert there.pick(places[1:]).folded(range(len(page) - 1)) == {key: each[1:] for key, each in folded.items()}


@settings(max_examples=300)
@given(pages(), st.data())
def test_the_records_picked_are_those_of_the_page(page: list[Actor], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.sampled_from(range(len(page))), unique=True).map(sorted))
    whole = translated(page)
    picked = whole.pick(places)
    assert [picked.record(nth) for nth in range(len(places))] == [whole.record(place) for place in places]
    assert picked.hub_columns(range(len(places))) == whole.hub_columns(places)
    assert picked.base_texts(range(len(places))) == whole.base_texts(places)


@settings(max_examples=300)
@given(pages(), st.data())
def test_the_columns_of_a_page_are_those_of_its_records(page: list[Actor], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.sampled_from(range(len(page))), unique=True).map(sorted))
    at_once = translated(page)
    records = [Translator(MAPPING).translate(page[place]) for place in places]
    columns = at_once.hub_columns(places)
    assert all(
        repr(columns.get(key, [None] * len(places))[nth]) == repr(record.hub.get(key))
        for nth, record in enumerate(records)
        for key in [each.crm.key for each in MAPPING.pulled]
    )
    assert [load_json(text) for text in at_once.base_texts(places)] == [record.erp for record in records]
    assert [digest is not None for digest in at_once.settled_digests(places)] == [each.is_whole for each in records]


def _told(values: dict) -> set[str]:
    return {f"{key}: {value!r}" for key, value in values.items()}


def test_a_page_without_mapped_fields_has_empty_records() -> None:
    page = translated(
        [Actor("Customer", "C1", {"E0": True}, "1"), Actor("Customer", "C2", {}, "1")], replace(MAPPING, fields=())
    )
    assert [(page.record(place).actor.key, page.record(place).erp, page.record(place).hub) for place in (0, 1)] == [
        ("C1", {}, {}),
        ("C2", {}, {}),
    ]
    assert page.base_texts([0, 1]) == ["{}", "{}"]


def test_a_digest_tells_absent_from_blank_and_one_parent_from_another() -> None:
    mapping = replace(MAPPING, fields=tuple(replace(each, to_crm=True) for each in FIELDS))
    actors = [
        Actor("Customer", "C1", {}, "1"),
        Actor("Customer", "C1", {"E0": None}, "1"),
        Actor("Customer", "C1", {"E0": True}, "1"),
        Actor("Customer", "C1", {"E0": True}, "2", ActorReference("Customer", "C0")),
        Actor("Customer", "C1", {"E0": True}, "2", ActorReference("Customer", "C9")),
    ]
    assert len({Digester(mapping).digest_of(actor) for actor in actors}) == len(actors)
