"""Whether the records of an answer need no closer look: whole columns of them at once.

Nearly all answers are as the contract wants them. To find that out column by column costs a tenth of a look at each
value; only where something is unusual are the records then checked one by one, which also says what is wrong.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any

from sync_connectors.contract.actors import Actor, ActorReference
from sync_connectors.contract.fields import Field
from sync_connectors.contract.values import FieldType, ListKey
from sync_connectors.guarding.values import LARGEST_INTEGER, LONGEST_KEY, LONGEST_TEXT, check_decimal

_SHORT_NUMBERS = re.compile(r"(?:-?[0-9.]{1,30}(?: |$))*")
"""Numbers of few digits and without an exponent, as nearly all are."""

ColumnGlance = Callable[[Sequence[Any]], bool]
"""Takes the values of one field that are not None, at least one; returns whether each is as it has to be."""


class Glance:
    """A look at records of one actor type; one that is not deep leaves the values to whoever looks again."""

    def __init__(self, actor_type: str, fields: Iterable[Field], *, is_deep: bool = True) -> None:
        self._actor_type = actor_type
        self._is_deep = is_deep
        self._columns = {field.key: _GLANCES.get(field.type, _needs_a_look) for field in fields}

    def is_plain(self, actors: Sequence[Any]) -> bool:
        """Return whether the records would pass all checks and come out of them as they are."""
        if not actors:
            return True
        return (
            set(map(type, actors)) == {Actor}
            and {actor.actor_type for actor in actors} == {self._actor_type}
            and _are_keys([actor.key for actor in actors])
            and _are_keys([actor.timestamp for actor in actors])
            and _are_times([actor.changed_at for actor in actors])
            and _are_parents([actor.parent for actor in actors])
            and self._are_values([actor.values for actor in actors])
        )

    def _are_values(self, records: Sequence[Any]) -> bool:
        if set(map(type, records)) != {dict}:
            return False
        if not self._is_deep:
            return set(map(type, set().union(*records))) <= {str}
        columns = _columns(records)
        return columns.keys() <= self._columns.keys() and all(map(self._is_plain, columns, columns.values()))

    def _is_plain(self, name: str, column: Sequence[Any]) -> bool:
        given = [value for value in column if value is not None] if None in column else column
        return not given or self._columns[name](given)


def _columns(records: Sequence[Mapping[str, Any]]) -> Mapping[str, Sequence[Any]]:
    """Return the values of each field that a record has; None where another one does not have it."""
    names = records[0].keys()
    if set(map(len, records)) == {len(names)}:
        with suppress(KeyError):  # as many fields, but not the same
            return {name: list(map(itemgetter(name), records)) for name in names}
    return {name: [record.get(name) for record in records] for name in set().union(*records)}


def _are_keys(values: Sequence[Any]) -> bool:
    return set(map(type, values)) == {str} and "" not in values and _fit(values, LONGEST_KEY)


def _are_times(values: Sequence[Any]) -> bool:
    given = [value for value in values if value is not None]
    return not given or _instants(given)


def _are_parents(values: Sequence[Any]) -> bool:
    given = [value for value in values if value is not None]
    if not given:
        return True
    return (
        set(map(type, given)) == {ActorReference}
        and _are_keys([parent.actor_type for parent in given])
        and _are_keys([parent.key for parent in given])
    )


def _fit(texts: Sequence[str], longest: int) -> bool:
    """Return whether texts are no longer than that and hold nothing that no database stores."""
    together = "".join(texts)
    if len(together) > longest and max(map(len, texts)) > longest:
        return False
    if "\x00" in together:
        return False
    if not together.isascii():
        try:
            together.encode()
        except UnicodeEncodeError:
            return False
    return True


def _texts(values: Sequence[Any]) -> bool:
    return set(map(type, values)) == {str} and _fit(values, LONGEST_TEXT)


def _list_keys(values: Sequence[Any]) -> bool:
    return set(map(type, values)) == {ListKey} and "" not in values and _fit(values, LONGEST_KEY)


def _truths(values: Sequence[Any]) -> bool:
    return set(map(type, values)) == {bool}


def _integers(values: Sequence[Any]) -> bool:
    return set(map(type, values)) == {int} and min(values) >= -LARGEST_INTEGER and max(values) < LARGEST_INTEGER


def _decimals(values: Sequence[Any]) -> bool:
    if set(map(type, values)) != {Decimal}:
        return False
    if _SHORT_NUMBERS.fullmatch(" ".join(map(str, values))):
        return True
    try:
        for value in values:
            check_decimal(value)
    except ValueError:
        return False
    return True


def _dates(values: Sequence[Any]) -> bool:
    return set(map(type, values)) == {date}


def _instants(values: Sequence[Any]) -> bool:
    return set(map(type, values)) == {datetime} and {value.tzinfo for value in values} == {UTC}


def _local_times(values: Sequence[Any]) -> bool:
    return set(map(type, values)) == {datetime} and {value.tzinfo for value in values} == {None}


def _needs_a_look(_values: Sequence[Any]) -> bool:
    return False


_GLANCES: Mapping[FieldType, ColumnGlance] = {
    FieldType.CHECKBOX: _truths,
    FieldType.TEXT: _texts,
    FieldType.PASSWORD: _texts,
    FieldType.LABEL: _texts,
    FieldType.INTEGER: _integers,
    FieldType.DOUBLE: _decimals,
    FieldType.LIST: _list_keys,
    FieldType.DATE: _dates,
    FieldType.DATETIME: _instants,
    FieldType.LOCAL_DATETIME: _local_times,
}
