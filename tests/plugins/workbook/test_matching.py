from datetime import date
from decimal import Decimal

import pytest

from plugins.workbook.matching import suits
from sync_connectors import (
    OPERATORS,
    Actor,
    ActorReference,
    Field,
    FieldType,
    ListKey,
    Operator,
    ProtocolError,
    Restriction,
)

FIELDS = {
    "T": Field("T", "Text", FieldType.TEXT),
    "N": Field("N", "Number", FieldType.DOUBLE),
    "C": Field("C", "Check", FieldType.CHECKBOX),
    "L": Field("L", "List", FieldType.LIST, list_name="L"),
    "D": Field("D", "Date", FieldType.DATE),
}
ACTOR = Actor(
    "Person",
    "1",
    {"T": "Søndergaard", "N": Decimal("5.5"), "C": True, "L": ListKey("a"), "D": date(2026, 5, 1)},
    parent=ActorReference("Customer", "7"),
)
DAY = date(2026, 5, 1)

CASES = [
    ("T", Operator.EQUALS, ("SØNDERGAARD",), ("holm",)),
    ("T", Operator.IS_NOT, ("holm",), ("søndergaard",)),
    ("T", Operator.BEGINS, ("sønd",), ("gaard",)),
    ("T", Operator.NOT_BEGINS, ("gaard",), ("sønd",)),
    ("T", Operator.CONTAINS, ("DERG",), ("x",)),
    ("T", Operator.NOT_CONTAINS, ("x",), ("derg",)),
    ("T", Operator.ENDS, ("gaard",), ("sønd",)),
    ("T", Operator.NOT_ENDS, ("sønd",), ("gaard",)),
    ("T", Operator.BETWEEN, ("a", "søndergaard"), ("a", "b")),
    ("N", Operator.EQUALS, (Decimal("5.50"),), (Decimal(5),)),
    ("N", Operator.NOT_EQUAL, (5,), (Decimal("5.5"),)),
    ("N", Operator.GREATER, (5,), (Decimal("5.5"),)),
    ("N", Operator.LESS, (6,), (Decimal("5.5"),)),
    ("N", Operator.GREATER_OR_EQUAL, (Decimal("5.5"),), (6,)),
    ("N", Operator.LESS_OR_EQUAL, (Decimal("5.5"),), (5,)),
    ("N", Operator.BETWEEN, (Decimal("5.5"), Decimal("5.5")), (6, 7)),
    ("C", Operator.EQUALS, (True,), (False,)),
    ("L", Operator.ONE_OF, ("a", "b"), ("b",)),
    ("L", Operator.NOT_ONE_OF, ("b",), ("a",)),
    ("D", Operator.EQUALS, (DAY,), (date(2026, 5, 2),)),
    ("D", Operator.BEFORE, (date(2026, 5, 2),), (DAY,)),
    ("D", Operator.AFTER, (date(2026, 4, 30),), (DAY,)),
    ("D", Operator.BEFORE_OR_EQUAL, (DAY,), (date(2026, 4, 30),)),
    ("D", Operator.AFTER_OR_EQUAL, (DAY,), (date(2026, 5, 2),)),
    ("D", Operator.BETWEEN, (DAY, DAY), (date(2026, 6, 1), date(2026, 6, 2))),
]


@pytest.mark.parametrize(("field", "operator", "suiting", "unsuiting"), CASES)
def test_operator(field, operator, suiting, unsuiting):
    assert suits(ACTOR, (Restriction(field, operator, suiting),), FIELDS)
    assert not suits(ACTOR, (Restriction(field, operator, unsuiting),), FIELDS)


def test_every_operator_of_every_type_has_a_case():
    tried = {(FIELDS[field].type, operator) for field, operator, *_rest in CASES}
    assert tried == {(field.type, operator) for field in FIELDS.values() for operator in OPERATORS[field.type]}


def test_restrictions_are_joined_by_and_and_the_parent_counts():
    parent = (
        Restriction("ParentActorType", Operator.EQUALS, ("Customer",)),
        Restriction("ParentErpKey", Operator.EQUALS, ("7",)),
    )
    assert suits(ACTOR, parent, FIELDS)
    assert not suits(ACTOR, (*parent, Restriction("T", Operator.EQUALS, ("holm",))), FIELDS)


def test_an_operator_that_the_type_lacks_and_an_unknown_field_are_refused():
    with pytest.raises(ProtocolError, match="cannot be searched by"):
        suits(ACTOR, (Restriction("C", Operator.BEGINS, ("x",)),), FIELDS)
    with pytest.raises(ProtocolError, match="no field X"):
        suits(ACTOR, (Restriction("X", Operator.EQUALS, ("x",)),), FIELDS)
