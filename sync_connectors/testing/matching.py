"""What an advanced search has to find, worked out from records that were read."""

from collections.abc import Callable, Iterable
from typing import Any

from sync_connectors.contract.actors import Actor
from sync_connectors.contract.search import Operator, Restriction
from sync_connectors.contract.values import Value

_TESTS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUALS: lambda value, wanted: value == wanted,
    Operator.IS_NOT: lambda value, wanted: value != wanted,
    Operator.NOT_EQUAL: lambda value, wanted: value != wanted,
    Operator.BEGINS: lambda value, wanted: value.startswith(wanted),
    Operator.NOT_BEGINS: lambda value, wanted: not value.startswith(wanted),
    Operator.CONTAINS: lambda value, wanted: wanted in value,
    Operator.NOT_CONTAINS: lambda value, wanted: wanted not in value,
    Operator.ENDS: lambda value, wanted: value.endswith(wanted),
    Operator.NOT_ENDS: lambda value, wanted: not value.endswith(wanted),
    Operator.GREATER: lambda value, wanted: value > wanted,
    Operator.AFTER: lambda value, wanted: value > wanted,
    Operator.GREATER_OR_EQUAL: lambda value, wanted: value >= wanted,
    Operator.AFTER_OR_EQUAL: lambda value, wanted: value >= wanted,
    Operator.LESS: lambda value, wanted: value < wanted,
    Operator.BEFORE: lambda value, wanted: value < wanted,
    Operator.LESS_OR_EQUAL: lambda value, wanted: value <= wanted,
    Operator.BEFORE_OR_EQUAL: lambda value, wanted: value <= wanted,
}


def suits(value: Value, restriction: Restriction, *, fold: bool = True) -> bool:
    """Whether a value that is not blank suits a restriction; `fold` compares text without regard to case."""
    own = folded(value) if fold else value
    wanted: list[Any] = [folded(each) if fold else each for each in restriction.values]
    match restriction.operator:
        case Operator.ONE_OF:
            return own in wanted
        case Operator.NOT_ONE_OF:
            return own not in wanted
        case Operator.BETWEEN:
            return bool(wanted[0] <= own <= wanted[1])
    return _TESTS[restriction.operator](own, wanted[0])


def expected(records: Iterable[Actor], restriction: Restriction) -> tuple[set[str], set[str]]:
    """Return the keys of the records that must be found, and of those that must not.

    Records in neither set are left to the connector: the contract does not say how a blank value compares, and
    whether case counts is asked by a check of its own.
    """
    must: set[str] = set()
    must_not: set[str] = set()
    for actor in records:
        value = actor.values.get(restriction.field)
        if value in (None, ""):
            continue
        fits = suits(value, restriction)
        if fits == suits(value, restriction, fold=False):
            (must if fits else must_not).add(actor.key)
    return must, must_not


def folded(value: Value) -> Any:
    """Return a text in the form in which case does not count; anything else as it is."""
    return value.casefold() if isinstance(value, str) else value


def in_order(values: Iterable[Value]) -> list[Any]:
    """Return the distinct values that are not blank, in ascending order."""
    distinct: list[Any] = list({value for value in values if value not in (None, "")})
    return sorted(distinct, key=lambda value: folded(value) if isinstance(value, str) else value)
