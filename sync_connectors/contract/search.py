"""Restrictions of an advanced search (spec 4.7)."""

from dataclasses import dataclass
from enum import StrEnum

from sync_connectors.contract.values import FieldType, Value


class Operator(StrEnum):
    """The operator strings of the protocol; text is compared without regard to case, `between` includes both ends."""

    EQUALS = "="
    BEGINS = "begins"
    CONTAINS = "contains"
    ENDS = "ends"
    NOT_BEGINS = "notbegins"
    NOT_CONTAINS = "notcontains"
    NOT_ENDS = "notends"
    IS_NOT = "isnot"
    BETWEEN = "between"
    GREATER = ">"
    LESS = "<"
    GREATER_OR_EQUAL = ">="
    LESS_OR_EQUAL = "<="
    NOT_EQUAL = "!="
    ONE_OF = "oneof"
    NOT_ONE_OF = "notoneof"
    BEFORE = "before"
    AFTER = "after"
    BEFORE_OR_EQUAL = "beforeOrEqual"
    AFTER_OR_EQUAL = "afterOrEqual"


_TEXT = frozenset(
    {
        Operator.EQUALS,
        Operator.BEGINS,
        Operator.CONTAINS,
        Operator.ENDS,
        Operator.NOT_BEGINS,
        Operator.NOT_CONTAINS,
        Operator.NOT_ENDS,
        Operator.IS_NOT,
        Operator.BETWEEN,
    }
)
_NUMBER = frozenset(
    {
        Operator.EQUALS,
        Operator.GREATER,
        Operator.LESS,
        Operator.GREATER_OR_EQUAL,
        Operator.LESS_OR_EQUAL,
        Operator.NOT_EQUAL,
        Operator.BETWEEN,
    }
)
_TIME = frozenset(
    {
        Operator.EQUALS,
        Operator.BEFORE,
        Operator.AFTER,
        Operator.BEFORE_OR_EQUAL,
        Operator.AFTER_OR_EQUAL,
        Operator.BETWEEN,
    }
)

OPERATORS: dict[FieldType, frozenset[Operator]] = {
    FieldType.TEXT: _TEXT,
    FieldType.PASSWORD: _TEXT,
    FieldType.INTEGER: _NUMBER,
    FieldType.DOUBLE: _NUMBER,
    FieldType.CHECKBOX: frozenset({Operator.EQUALS}),
    FieldType.LIST: frozenset({Operator.ONE_OF, Operator.NOT_ONE_OF}),
    FieldType.DATETIME: _TIME,
    FieldType.DATE: _TIME,
    FieldType.LOCAL_DATETIME: _TIME,
    FieldType.LABEL: frozenset(),
    FieldType.ROWS: frozenset(),
}
"""Which operators a field of each type must support when it is searchable."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """One condition; several are joined by AND. Values are typed as the field's; `between` has two."""

    field: str
    operator: Operator
    values: tuple[Value, ...]
