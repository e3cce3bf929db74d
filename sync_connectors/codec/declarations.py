"""JSON forms of the declarations that the host keeps: fields, actor types and configuration fields.

Only what differs from the default is written. What is read may come from an earlier or later version of the contract:
an unknown key is ignored, a missing one takes its default.
"""

from dataclasses import MISSING, asdict, fields
from dataclasses import Field as Attribute
from enum import Enum
from typing import Any

from sync_connectors.contract.actors import ActorType, Capabilities
from sync_connectors.contract.fields import Access, ConfigurationField, Field, ShowIf
from sync_connectors.contract.values import FieldType


def field_to_json(field: Field) -> dict[str, Any]:
    """Return the JSON form of a field of an actor type."""
    return _differing(field) | (
        {"row_fields": [field_to_json(column) for column in field.row_fields]} if field.row_fields else {}
    )


def field_from_json(json: dict[str, Any]) -> Field:
    """Return the field of a JSON form.

    Raises:
        ValueError: Its type or access is none that we know.
    """
    known = _known(Field, json)
    known["type"] = FieldType(known["type"])
    known["access"] = Access(known.get("access", Access.NORMAL))
    known["row_fields"] = tuple(field_from_json(column) for column in known.get("row_fields", ()))
    return Field(**known)


def actor_type_to_json(actor_type: ActorType) -> dict[str, Any]:
    """Return the JSON form of an actor type with its capabilities."""
    capabilities = _differing(actor_type.capabilities)
    return _differing(actor_type) | ({"capabilities": capabilities} if capabilities else {})


def actor_type_from_json(json: dict[str, Any]) -> ActorType:
    """Return the actor type of a JSON form."""
    known = _known(ActorType, json)
    known["parents"] = tuple(known.get("parents", ()))
    known["capabilities"] = Capabilities(**_known(Capabilities, known.get("capabilities", {})))
    return ActorType(**known)


def configuration_field_to_json(field: ConfigurationField) -> dict[str, Any]:
    """Return the JSON form of a configuration field; choices are pairs, so that they keep their order."""
    json = _differing(field)
    if field.choices:
        json["choices"] = [[key, text] for key, text in field.choices.items()]
    if field.show_if:
        json["show_if"] = asdict(field.show_if) | {"values": list(field.show_if.values)}
    return json


def configuration_field_from_json(json: dict[str, Any]) -> ConfigurationField:
    """Return the configuration field of a JSON form.

    Raises:
        ValueError: Its type is none that we know.
    """
    known = _known(ConfigurationField, json)
    known["type"] = FieldType(known["type"])
    known["choices"] = dict(known.get("choices", ()))
    known["depends_on"] = tuple(known.get("depends_on", ()))
    condition = known.get("show_if")
    known["show_if"] = ShowIf(condition["field"], tuple(condition["values"])) if condition else None
    return ConfigurationField(**known)


def _differing(declared: Any) -> dict[str, Any]:
    """Return the plain attributes that are not at their default; nested ones are the caller's."""
    json: dict[str, Any] = {}
    for attribute in fields(declared):
        value = getattr(declared, attribute.name)
        if value == _default(attribute):
            continue
        if isinstance(value, Enum):
            json[attribute.name] = value.value
        elif isinstance(value, tuple) and all(isinstance(part, str) for part in value):
            json[attribute.name] = list(value)
        elif value is None or isinstance(value, str | int):
            json[attribute.name] = value
    return json


def _default(attribute: "Attribute[Any]") -> Any:
    return attribute.default_factory() if attribute.default_factory is not MISSING else attribute.default


def _known(declared: type[Any], json: dict[str, Any]) -> dict[str, Any]:
    names = {attribute.name for attribute in fields(declared)}
    return {key: value for key, value in json.items() if key in names}
