"""Checks of searching: free text, several restrictions, and what a text may hold."""

from collections.abc import Sequence

from sync_connectors.contract.answers import Actors
from sync_connectors.contract.search import Operator, Restriction
from sync_connectors.contract.values import FieldType
from sync_connectors.testing.check import type_check
from sync_connectors.testing.matching import folded
from sync_connectors.testing.outcomes import apply_if, require
from sync_connectors.testing.records import TypeBench

_WILD = ("%", "_", "*", "?", "'", '"', "\\", "[", ")", ";")


@type_check(
    mend="Take an empty text as one that suits all records; a limit may cut the answer short.",
)
def empty_text_finds_records(kind: TypeBench) -> None:
    """A search for an empty text finds records."""
    _ = kind.records
    require(kind.bench.session.search(kind.name, "", kind.field_keys).actors, "an empty text finds nothing")


@type_check(
    mend="Look for the text in the fields by which people know a record, such as name and number.",
)
def text_finds_its_record(kind: TypeBench) -> None:
    """A search for the text of a record finds it."""
    key, text = _text_of_a_record(kind)
    found = kind.bench.session.search(kind.name, text, kind.field_keys).actors
    require(key in {actor.key for actor in found}, f"“{text}” does not find {key}, which holds it")


@type_check(
    mend="Return all records, up to a limit, where no restriction is given.",
)
def no_restrictions_find_records(kind: TypeBench) -> None:
    """An advanced search without restrictions finds records."""
    _ = kind.records
    apply_if(kind.searchable, "no field is searchable")
    require(_search(kind).actors, "without restrictions nothing is found")


@type_check(
    mend="Return only the records that suit every restriction.",
)
def restrictions_are_joined_by_and(kind: TypeBench) -> None:
    """Several restrictions are joined by AND."""
    field = _text_fields(kind)[0]
    values = [actor.values.get(field) for actor in kind.records.values()]
    texts = list(dict.fromkeys(folded(value) for value in values if value))
    apply_if(len(texts) > 1, f"fewer than two records differ in {field}")
    both = [Restriction(field, Operator.EQUALS, (text,)) for text in texts[:2]]
    require(not _search(kind, both).actors, f"records are found whose {field} is two different texts at once")


@type_check(
    mend="Compare with case folded on both sides.",
)
def search_ignores_case(kind: TypeBench) -> None:
    """Text is searched without regard to case."""
    field = _text_fields(kind)[0]
    for key, actor in kind.records.items():
        text = str(actor.values.get(field) or "")
        other = text.swapcase()
        if other != text and other.casefold() == text.casefold():
            found = _search(kind, [Restriction(field, Operator.EQUALS, (other,))]).actors
            require(key in {one.key for one in found}, f"{field} = “{other}” does not find {key}, which has “{text}”")
            return
    apply_if(False, f"no record has letters in {field}")


@type_check(
    mend="Escape wildcards, and pass values as parameters of the query, never as part of its text.",
)
def signs_are_taken_literally(kind: TypeBench) -> None:
    """Signs that mean something in a query language are taken as they are."""
    field = _text_fields(kind)[0]
    for sign in _WILD:
        for actor in _search(kind, [Restriction(field, Operator.CONTAINS, (sign,))]).actors:
            text = str(kind.read(actor.key).values.get(field) or "")
            require(sign in text, f"{field} contains {sign} finds {actor.key}, which has “{text}”")


@type_check(
    mend="Store the reference field in create, and search it in the ERP itself, at once and not by an index that "
    "follows later: it keeps records from being created twice.",
    writes=True,
)
def reference_finds_its_record(kind: TypeBench) -> None:
    """A reference that was stored with a record finds exactly that record."""
    reference = kind.able.reference_field
    apply_if(reference, "it declares no reference field")
    text = f"tieline-{kind.bench.next_number()}"
    created = kind.create(kind.sample(**{reference: text}))
    kind.create(kind.sample(**{reference: f"{text}-2"}))
    apply_if(kind.get([created.key]), "the created record is not there")
    found = _search(kind, [Restriction(reference, Operator.EQUALS, (text,))]).actors
    keys = sorted(actor.key for actor in found)
    require(keys == [created.key], f"the reference of {created.key} finds {', '.join(keys) or 'nothing'}")


def _search(kind: TypeBench, restrictions: Sequence[Restriction] = ()) -> Actors:
    return kind.bench.session.search_advanced(kind.name, restrictions, kind.field_keys)


def _text_fields(kind: TypeBench) -> list[str]:
    """Return the searchable text fields, those that people know a record by first."""
    records = kind.records
    fields = [field.key for field in kind.fields if field.type is FieldType.TEXT and field.key in kind.searchable]
    apply_if(fields, "no text field is searchable")
    return sorted(fields, key=lambda key: -len({folded(actor.values.get(key)) for actor in records.values()} - {None}))


def _text_of_a_record(kind: TypeBench) -> tuple[str, str]:
    for field in _text_fields(kind):
        for key, actor in kind.records.items():
            if text := actor.values.get(field):
                return key, str(text)
    apply_if(False, "no record has a text")
    raise AssertionError


CHECKS = (
    empty_text_finds_records,
    text_finds_its_record,
    no_restrictions_find_records,
    restrictions_are_joined_by_and,
    search_ignores_case,
    signs_are_taken_literally,
    reference_finds_its_record,
)
