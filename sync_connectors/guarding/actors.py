"""Checks of records: one pass over an answer, with nothing done per record that can be done per type."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sync_connectors.contract.actors import Actor, ActorReference
from sync_connectors.contract.errors import ProtocolError
from sync_connectors.contract.fields import Field
from sync_connectors.contract.values import Value
from sync_connectors.guarding.glancing import Glance
from sync_connectors.guarding.values import Check, check_key, checks_of

_SHOWN = 60


class ActorCheck:
    """Checks the records of one actor type.

    Attributes:
        undeclared: Keys of values that no field declares, met so far; they are dropped.
    """

    def __init__(self, owner: str, actor_type: str, fields: Sequence[Field], *, is_deep: bool = True) -> None:
        self.undeclared: set[str] = set()
        self._owner = owner
        self._actor_type = actor_type
        self._glance = Glance(actor_type, fields, is_deep=is_deep)
        self._checks: Mapping[str, Check] = checks_of(fields)

    def all(self, actors: Any, expected: Collection[str] | None = None) -> tuple[Actor, ...]:
        """Return the records of one answer, checked.

        Args:
            actors: What the connector gave.
            expected: The only keys that may be among them, where they were asked for by key.

        Raises:
            ProtocolError: One is no record, lacks its key, comes twice, was not asked for, or holds a wrong value.
        """
        if not isinstance(actors, Iterable) or isinstance(actors, str | bytes | Mapping):
            raise self._broken(f"answers {type(actors).__name__} in place of records")
        given = tuple(actors)
        checked = given if self._glance.is_plain(given) else tuple(self.one(actor) for actor in given)
        keys = {actor.key for actor in checked}
        if len(keys) != len(checked):
            raise self._broken(f"answers the key {_shown(_first_double(checked))} twice")
        if expected is not None and not keys <= set(expected):
            raise self._broken(f"answers the key {_shown(min(keys - set(expected)))}, which was not asked for")
        return checked

    def one(self, actor: Any) -> Actor:
        """Return one record, checked.

        Raises:
            ProtocolError: It is no record of this type with a key, a timestamp and values of the declared types.
        """
        if not isinstance(actor, Actor):
            raise self._broken(f"answers {type(actor).__name__} in place of a record")
        if actor.actor_type != self._actor_type:
            raise self._broken(f"answers a record of type {_shown(actor.actor_type)}")
        self._require(check_key, actor.key, "a record whose key")
        self._require(check_key, actor.timestamp, f"the record {_shown(actor.key)}, whose timestamp")
        values = self._values(actor.key, actor.values)
        changed_at = self._changed_at(actor)
        if actor.parent is not None:
            self._check_parent(actor)
        if values is actor.values and changed_at is actor.changed_at:
            return actor
        return replace(actor, values=values, changed_at=changed_at)

    def _values(self, key: str, values: Any) -> Mapping[str, Value]:
        if not isinstance(values, Mapping):
            raise self._broken(f"answers the record {_shown(key)} with {type(values).__name__} in place of values")
        checks = self._checks
        checked: dict[str, Value] = {}
        changed = type(values) is not dict
        for name, value in values.items():
            check = checks.get(name)
            if check is None:
                self.undeclared.add(_shown(name))
                changed = True
                continue
            try:
                kept = check(value)
            except ValueError as error:
                raise self._broken(f"answers the record {_shown(key)}, whose field {name} {error}") from None
            changed = changed or kept is not value
            checked[name] = kept
        return checked if changed else values

    def _changed_at(self, actor: Actor) -> datetime | None:
        at: Any = actor.changed_at
        if at is None or (type(at) is datetime and at.tzinfo is UTC):
            return actor.changed_at
        if not isinstance(at, datetime) or at.tzinfo is None:
            raise self._broken(f"answers the record {_shown(actor.key)}, whose time of change has no zone")
        try:
            return at.astimezone(UTC)
        except (OverflowError, ValueError):
            raise self._broken(
                f"answers the record {_shown(actor.key)}, whose time of change is out of range"
            ) from None

    def _check_parent(self, actor: Actor) -> None:
        parent: Any = actor.parent
        if not isinstance(parent, ActorReference):
            raise self._broken(f"answers the record {_shown(actor.key)} with {type(parent).__name__} as its parent")
        self._require(check_key, parent.actor_type, f"the record {_shown(actor.key)}, the type of whose parent")
        self._require(check_key, parent.key, f"the record {_shown(actor.key)}, the key of whose parent")

    def _require(self, check: Check, value: Any, what: str) -> None:
        try:
            check(value)
        except ValueError as error:
            raise self._broken(f"answers {what} {error}") from None

    def _broken(self, words: str) -> ProtocolError:
        return broken(self._owner, f"{self._actor_type}: it {words}")


def broken(owner: str, words: str) -> ProtocolError:
    """Return the error of a connector that breaks the contract."""
    return ProtocolError(
        f"the connector {owner} breaks the contract: {words}",
        instruction="tell whoever wrote the connector",
    )


def _first_double(actors: tuple[Actor, ...]) -> str:
    seen: set[str] = set()
    for actor in actors:
        if actor.key in seen:
            return actor.key
        seen.add(actor.key)
    return ""


def _shown(value: object) -> str:
    """Return a short form of what an ERP gave, fit for messages."""
    text = value if isinstance(value, str) else repr(value)
    short = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return short.encode("ascii", "backslashreplace").decode() if not short.isprintable() else short
