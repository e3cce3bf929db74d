"""Restrictions of an advanced search as a test of values (spec 4.7)."""

from collections.abc import Callable, Mapping
from typing import Any

from sync_connectors import OPERATORS, Actor, Field, FieldType, Operator, ProtocolError, Restriction, Value

PARENT_KEY_RESTRICTION = "ParentErpKey"
PARENT_TYPE_RESTRICTION = "ParentActorType"

Test = Callable[[Any, Any], bool]

_TEXT_TESTS: dict[Operator, Test] = {
    Operator.EQUALS: lambda value, wanted: value == wanted,
    Operator.IS_NOT: lambda value, wanted: value != wanted,
    Operator.BEGINS: lambda value, wanted: value.startswith(wanted),
    Operator.NOT_BEGINS: lambda value, wanted: not value.startswith(wanted),
    Operator.CONTAINS: lambda value, wanted: wanted in value,
    Operator.NOT_CONTAINS: lambda value, wanted: wanted not in value,
    Operator.ENDS: lambda value, wanted: value.endswith(wanted),
    Operator.NOT_ENDS: lambda value, wanted: not value.endswith(wanted),
}
_ORDER_TESTS: dict[Operator, Test] = {
    Operator.EQUALS: lambda value, wanted: value == wanted,
    Operator.NOT_EQUAL: lambda value, wanted: value != wanted,
    Operator.GREATER: lambda value, wanted: value > wanted,
    Operator.LESS: lambda value, wanted: value < wanted,
    Operator.GREATER_OR_EQUAL: lambda value, wanted: value >= wanted,
    Operator.LESS_OR_EQUAL: lambda value, wanted: value <= wanted,
    Operator.BEFORE: lambda value, wanted: value < wanted,
    Operator.AFTER: lambda value, wanted: value > wanted,
    Operator.BEFORE_OR_EQUAL: lambda value, wanted: value <= wanted,
    Operator.AFTER_OR_EQUAL: lambda value, wanted: value >= wanted,
}


def suits(actor: Actor, restrictions: tuple[Restriction, ...], fields: Mapping[str, Field]) -> bool:
    """Whether a record suits all restrictions.

    Raises:
        ProtocolError: A restriction names an unknown field, or an operator that its type does not have.
    """
    return all(_suits_one(actor, restriction, fields) for restriction in restrictions)


def _suits_one(actor: Actor, restriction: Restriction, fields: Mapping[str, Field]) -> bool:
    if restriction.field == PARENT_KEY_RESTRICTION:
        return actor.parent is not None and actor.parent.key in restriction.values
    if restriction.field == PARENT_TYPE_RESTRICTION:
        return actor.parent is not None and actor.parent.actor_type in restriction.values
    field = fields.get(restriction.field)
    if field is None:
        raise ProtocolError(f"there is no field {restriction.field} to search by")
    if restriction.operator not in OPERATORS[field.type]:
        raise ProtocolError(f"{restriction.field} cannot be searched by “{restriction.operator.value}”")
    return _compare(field.type, actor.values.get(restriction.field), restriction)


def _compare(type_: FieldType, value: Value, restriction: Restriction) -> bool:
    operator, wanted = restriction.operator, restriction.values
    if type_ is FieldType.LIST:
        return (str(value or "") in {str(each) for each in wanted}) is (operator is Operator.ONE_OF)
    if type_ is FieldType.CHECKBOX:
        return bool(value) is bool(wanted[0])
    if value is None and type_ is not FieldType.TEXT:
        return operator is Operator.NOT_EQUAL
    comparable: Any = str(value or "").casefold() if type_ is FieldType.TEXT else value
    limits: list[Any] = [str(each or "").casefold() if type_ is FieldType.TEXT else each for each in wanted]
    if operator is Operator.BETWEEN:
        return bool(limits[0] <= comparable <= limits[1])
    return (_TEXT_TESTS if type_ is FieldType.TEXT else _ORDER_TESTS)[operator](comparable, limits[0])
