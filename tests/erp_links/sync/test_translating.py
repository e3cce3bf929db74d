"""A page that is translated column by column is what its records are when they are translated one by one."""

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
from erp_links.sync.merge.translating import Translator
from host.crm.fields import CrmField, CrmType
from host.crm.registry import entity_type_of
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


@settings(max_examples=300, deadline=None)
@given(pages())
def test_a_page_is_what_its_records_are(page: list[Actor]) -> None:
    translator = Translator(MAPPING, FIELDS)
    digests = [translator.digest(actor) for actor in page]
    one_by_one = [translator.translate(actor, digest) for actor, digest in zip(page, digests, strict=True)]
    at_once = translator.translate_all(page, digests)
    assert at_once == one_by_one
    # equal is not enough: 1.5 is not written as 1.50 is, and True is not 1
    assert [_told(each.hub) for each in at_once] == [_told(each.hub) for each in one_by_one]
    assert [_told(each.erp) for each in at_once] == [_told(each.erp) for each in one_by_one]


def _told(values: dict) -> set[str]:
    return {f"{key}: {value!r}" for key, value in values.items()}


def test_a_page_without_mapped_fields_has_empty_records() -> None:
    page = [Actor("Customer", "C1", {"E0": True}, "1"), Actor("Customer", "C2", {}, "1")]
    translated = Translator(MAPPING, ()).translate_all(page, [b"1", b"2"])
    assert [(each.actor.key, each.digest, each.erp, each.hub) for each in translated] == [
        ("C1", b"1", {}, {}),
        ("C2", b"2", {}, {}),
    ]


def test_a_digest_tells_absent_from_blank_and_one_parent_from_another() -> None:
    translator = Translator(MAPPING, FIELDS)
    actors = [
        Actor("Customer", "C1", {}, "1"),
        Actor("Customer", "C1", {"E0": None}, "1"),
        Actor("Customer", "C1", {"E0": True}, "1"),
        Actor("Customer", "C1", {"E0": True}, "2", ActorReference("Customer", "C0")),
        Actor("Customer", "C1", {"E0": True}, "2", ActorReference("Customer", "C9")),
    ]
    assert len({translator.digest(actor) for actor in actors}) == len(actors) - (0 if FIELDS[0].to_crm else 2)
