"""Checks of what a connector declares: configuration fields, actor types, fields of records."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import NoneType
from typing import Any, TypeVar, get_type_hints

from host.schemas.texts import storable
from sync_connectors.codec import (
    actor_type_from_json,
    actor_type_to_json,
    configuration_field_from_json,
    configuration_field_to_json,
    field_from_json,
    field_to_json,
)
from sync_connectors.contract.actors import ActorType, ActorTypeName, Capabilities
from sync_connectors.contract.fields import ConfigurationField, Field, ShowIf
from sync_connectors.contract.values import FieldType
from sync_connectors.guarding.actors import broken
from sync_connectors.guarding.values import LONGEST_KEY, check_key, check_text

ENTITIES = frozenset({"company", "person", "project", "product", "sales_order"})
"""The hub entities that an actor type may name."""

_MOST_FIELDS = 2_000
_LONGEST_LABEL = 1_000
_LONGEST_PATTERN = 500
_PLAIN: dict[Any, tuple[type, ...]] = {str: (str,), int: (int,), bool: (bool,), int | None: (int, NoneType)}
_Declared = TypeVar("_Declared", Field, ConfigurationField, ActorType)


def check_configuration_fields(owner: str, declared: Any) -> tuple[ConfigurationField, ...]:
    """Return a connector's configuration fields in display order.

    Raises:
        ProtocolError: One is malformed, or two have the same key.
    """
    fields = _all(owner, "configuration fields", declared, ConfigurationField, lambda field: field.key)
    for field in fields:
        _check_configuration_field(owner, field)
        _require_round_trip(owner, field, configuration_field_to_json, configuration_field_from_json)
    return tuple(sorted(fields, key=lambda field: field.rank))


def check_actor_types(owner: str, declared: Any) -> tuple[tuple[ActorType, ...], tuple[str, ...]]:
    """Return the actor types that are known, and the names of those that were dropped because they are not.

    Raises:
        ProtocolError: One is malformed, or comes twice.
    """
    types = _all(owner, "actor types", declared, ActorType, lambda actor_type: actor_type.name)
    names = frozenset(ActorTypeName)
    known = [actor_type for actor_type in types if actor_type.name in names]
    offered = {actor_type.name for actor_type in known}
    checked = []
    for actor_type in known:
        if not isinstance(actor_type.capabilities, Capabilities):
            raise broken(owner, f"the capabilities of {actor_type.name} are none")
        parents = tuple(name for name in actor_type.parents if name in offered and name != actor_type.name)
        entity = actor_type.entity if actor_type.entity in ENTITIES else ""
        checked.append(replace(actor_type, name=str(actor_type.name), parents=parents, entity=entity))
        _require_round_trip(owner, checked[-1], actor_type_to_json, actor_type_from_json)
    return tuple(checked), tuple(str(actor_type.name) for actor_type in types if actor_type.name not in names)


def check_fields(owner: str, actor_type: str, declared: Any) -> tuple[Field, ...]:
    """Return the fields of an actor type in display order.

    Raises:
        ProtocolError: One is malformed, or two have the same key.
    """
    fields = _all(owner, f"fields of {actor_type}", declared, Field, lambda field: field.key)
    for field in fields:
        _check_field(owner, actor_type, field)
        _require_round_trip(owner, field, field_to_json, field_from_json)
    return tuple(sorted(fields, key=lambda field: field.rank))


def _all(
    owner: str, what: str, declared: Any, kind: type[_Declared], key_of: Callable[[_Declared], str]
) -> list[_Declared]:
    if not isinstance(declared, Iterable) or isinstance(declared, str | bytes | Mapping):
        raise broken(owner, f"its {what} are of type {type(declared).__name__} and no list")
    checked: dict[str, _Declared] = {}
    for one in declared:
        if not isinstance(one, kind):
            raise broken(owner, f"among its {what} is one of type {type(one).__name__}")
        try:
            key = check_key(key_of(one))
            check_text(one.label, _LONGEST_LABEL)
        except ValueError as error:
            raise broken(owner, f"among its {what} is one whose key or label {error}") from None
        if key in checked:
            raise broken(owner, f"among its {what} {key} comes twice")
        checked[key] = one
        if len(checked) > _MOST_FIELDS:
            raise broken(owner, f"it declares more than {_MOST_FIELDS} {what}")
    return list(checked.values())


def _check_field(owner: str, actor_type: str, field: Field) -> None:
    where = f"the field {field.key} of {actor_type}"
    _check_type_and_rank(owner, where, field)
    if field.type is FieldType.LIST and not field.list_name:
        raise broken(owner, f"{where} is a list without the name of one")
    if field.type is FieldType.ROWS:
        for column in _all(owner, f"columns of {field.key}", field.row_fields, Field, lambda column: column.key):
            _check_field(owner, f"{actor_type}.{field.key}", column)


def _check_configuration_field(owner: str, field: ConfigurationField) -> None:
    where = f"the configuration field {field.key}"
    _check_type_and_rank(owner, where, field)
    if field.type is FieldType.ROWS:
        raise broken(owner, f"{where} has rows, which a configuration cannot")
    if field.type is FieldType.LIST and not (field.choices or field.list_name):
        raise broken(owner, f"{where} is a list without choices and without the name of one")
    if field.show_if is not None and not isinstance(field.show_if, ShowIf):
        raise broken(owner, f"{where} has a condition that is no ShowIf")
    try:
        check_text(field.pattern, _LONGEST_PATTERN)
        re.compile(field.pattern)
    except (ValueError, re.error) as error:
        raise broken(owner, f"the pattern of {where} is unusable: {error}") from None


def _check_type_and_rank(owner: str, where: str, field: Field | ConfigurationField) -> None:
    kind: Any = field.type
    rank: Any = field.rank
    longest: Any = field.max_length
    if not isinstance(kind, FieldType):
        raise broken(owner, f"{where} has the type {kind!r:.60}, which is none")
    if not isinstance(rank, int) or not isinstance(longest, int) or longest < 0:
        raise broken(owner, f"{where} has a rank or greatest length that is no number")
    try:
        check_text(field.description)
        check_text(field.default)
        check_text(field.list_name, LONGEST_KEY)
    except ValueError as error:
        raise broken(owner, f"{where} has a description, default or list name that {error}") from None


def _require_round_trip(
    owner: str, declared: Any, to_json: Callable[[Any], dict[str, Any]], from_json: Callable[[dict[str, Any]], Any]
) -> None:
    """Refuse what cannot be cached: an attribute of another type than the contract declares would be lost there."""
    wrong = broken(owner, f"it declares {declared!r:.100} with an attribute of a wrong type")
    if not _has_declared_types(declared):
        raise wrong
    try:
        json = to_json(declared)
        same = from_json(json) == declared
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise wrong from error
    if not same or not storable(json):
        raise wrong


def _has_declared_types(declared: Any) -> bool:
    for name, hint in get_type_hints(type(declared)).items():
        value = getattr(declared, name)
        if hint in _PLAIN and (not isinstance(value, _PLAIN[hint]) or (hint is not bool and isinstance(value, bool))):
            return False
    return True
