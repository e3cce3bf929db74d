"""Checks of every operator that the type of a searchable field declares."""

from collections.abc import Iterator
from typing import Any

from sync_connectors.contract.fields import Field
from sync_connectors.contract.search import OPERATORS, Operator, Restriction
from sync_connectors.contract.values import FieldType, ListKey
from sync_connectors.testing.check import Check, type_check
from sync_connectors.testing.comparing import shown
from sync_connectors.testing.matching import expected, in_order
from sync_connectors.testing.outcomes import apply_if, require
from sync_connectors.testing.records import TypeBench

_MEND = (
    "Support each operator that OPERATORS lists for the type of a searchable field, or do not declare the field as "
    "searchable."
)


@type_check(mend=_MEND)
def text_operators_find(kind: TypeBench) -> None:
    """Searchable TEXT fields know all operators of text."""
    for field, values in _probes(kind, FieldType.TEXT, FieldType.PASSWORD):
        middle = values[len(values) // 2]
        for operator in _without_between(field):
            _compare(kind, Restriction(field.key, operator, (_part(middle, operator),)))


@type_check(mend=_MEND)
def number_operators_find(kind: TypeBench) -> None:
    """Searchable INTEGER and DOUBLE fields know all operators of numbers."""
    _compare_ordered(kind, FieldType.INTEGER, FieldType.DOUBLE)


@type_check(mend=_MEND)
def time_operators_find(kind: TypeBench) -> None:
    """Searchable DATE, DATETIME and LOCAL_DATETIME fields know all operators of time."""
    _compare_ordered(kind, FieldType.DATE, FieldType.DATETIME, FieldType.LOCAL_DATETIME)


@type_check(mend=_MEND)
def truth_operators_find(kind: TypeBench) -> None:
    """Searchable CHECKBOX fields can be searched by both values."""
    for field, _values in _probes(kind, FieldType.CHECKBOX):
        for wanted in (True, False):
            _compare(kind, Restriction(field.key, Operator.EQUALS, (wanted,)))


@type_check(mend=_MEND)
def list_operators_find(kind: TypeBench) -> None:
    """Searchable LIST fields can be searched by one or several items, or by all others."""
    for field, values in _probes(kind, FieldType.LIST):
        for operator in sorted(OPERATORS[field.type]):
            _compare(kind, Restriction(field.key, operator, (ListKey(values[0]),)))
            _compare(kind, Restriction(field.key, operator, tuple(ListKey(value) for value in values[:2])))


@type_check(
    mend="Compare with >= and <=; for times up to the precision that the ERP keeps.",
)
def between_includes_both_ends(kind: TypeBench) -> None:
    """`between` includes both ends, in fields of every type that has it."""
    types = [type_ for type_, operators in OPERATORS.items() if Operator.BETWEEN in operators]
    for field, values in _probes(kind, *types):
        ends = values[len(values) // 3], values[2 * len(values) // 3]
        if field.type in {FieldType.TEXT, FieldType.PASSWORD}:
            ends = ends[0], ends[0]  # which text lies between two others is for the ERP's alphabet to say
        _compare(kind, Restriction(field.key, Operator.BETWEEN, ends))


def _compare_ordered(kind: TypeBench, *types: FieldType) -> None:
    for field, values in _probes(kind, *types):
        for operator in _without_between(field):
            _compare(kind, Restriction(field.key, operator, (values[len(values) // 2],)))


def _without_between(field: Field) -> list[Operator]:
    return sorted(OPERATORS[field.type] - {Operator.BETWEEN})


def _probes(kind: TypeBench, *types: FieldType) -> Iterator[tuple[Field, list[Any]]]:
    """Yield for each type the searchable field in which the records differ most, with its values in order."""
    records = kind.records
    fields = [field for field in kind.fields if field.type in types and field.key in kind.searchable]
    apply_if(fields, f"no field of type {' or '.join(types)} is searchable")
    found = {field.key: in_order(actor.values.get(field.key) for actor in records.values()) for field in fields}
    apply_if(any(found.values()), "the searchable fields of this type are blank in all records")
    for type_ in types:
        suitable = [field for field in fields if field.type is type_ and found[field.key]]
        if suitable:
            best = max(suitable, key=lambda field: len(found[field.key]))
            yield best, found[best.key]


def _part(text: str, operator: Operator) -> str:
    """Return what to compare a text with: a part of it where the operator is about parts."""
    half = max(1, len(text) // 2)
    if operator in {Operator.BEGINS, Operator.NOT_BEGINS}:
        return text[:half]
    if operator in {Operator.ENDS, Operator.NOT_ENDS}:
        return text[-half:]
    if operator in {Operator.CONTAINS, Operator.NOT_CONTAINS}:
        return text[len(text) // 4 :][:half]
    return text


def _compare(kind: TypeBench, restriction: Restriction) -> None:
    """Demand that a search finds what the records read say, as far as the answer is not cut short by a notice."""
    must, must_not = expected(kind.records.values(), restriction)
    answer = kind.bench.session.search_advanced(kind.name, [restriction], [restriction.field])
    found = {actor.key for actor in answer.actors}
    values = " and ".join(shown(value) for value in restriction.values)
    question = f"{restriction.field} {restriction.operator.value} {values}"
    wrong = sorted(found & must_not)
    require(not wrong, f"{question} finds {', '.join(wrong[:5])}, which do not suit")
    missing = sorted(must - found)
    require(not missing or answer.notices, f"{question} does not find {', '.join(missing[:5])}")


CHECKS: tuple[Check, ...] = (
    text_operators_find,
    number_operators_find,
    time_operators_find,
    truth_operators_find,
    list_operators_find,
    between_includes_both_ends,
)
