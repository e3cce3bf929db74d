"""JSON forms of values and of what connectors declare, exact and reversible."""

from sync_connectors.codec.declarations import (
    actor_type_from_json,
    actor_type_to_json,
    configuration_field_from_json,
    configuration_field_to_json,
    field_from_json,
    field_to_json,
)
from sync_connectors.codec.values import (
    LONGEST_NUMBER,
    marked_value_from_json,
    marked_value_to_json,
    value_from_json,
    value_to_json,
)

__all__ = [
    "LONGEST_NUMBER",
    "actor_type_from_json",
    "actor_type_to_json",
    "configuration_field_from_json",
    "configuration_field_to_json",
    "field_from_json",
    "field_to_json",
    "marked_value_from_json",
    "marked_value_to_json",
    "value_from_json",
    "value_to_json",
]
