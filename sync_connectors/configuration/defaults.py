"""What the fields of a new configuration hold before anybody has typed (spec 2.4)."""

from collections.abc import Mapping, Sequence

from sync_connectors.configuration.conversion import text_of, value_of
from sync_connectors.configuration.stored import VALUELESS
from sync_connectors.contract.fields import ConfigurationField
from sync_connectors.contract.values import FieldType

_UNREADABLE = {FieldType.INTEGER: "0", FieldType.DOUBLE: "0.00", FieldType.CHECKBOX: "false"}


def defaults_of(fields: Sequence[ConfigurationField], tags: Mapping[str, str]) -> dict[str, str]:
    """Return the default of each field in canonical text; empty where it has none.

    A default of a number that cannot be read becomes 0 or 0.00, as in SuperOffice; of another type, empty.

    Args:
        fields: What the connector declares.
        tags: What stands for `<name>` and `<login>`, the one who configures, by tag without brackets. Other tags
            stay as they are.
    """
    return {field.key: _default(field, tags) for field in fields if field.type not in VALUELESS}


def _default(field: ConfigurationField, tags: Mapping[str, str]) -> str:
    text = field.default
    for tag, meaning in tags.items():
        text = text.replace(f"<{tag}>", meaning)
    if field.type is FieldType.CHECKBOX and not text:
        return "false"
    try:
        value = value_of(field, text)
    except ValueError:
        return _UNREADABLE.get(field.type, "")
    return text_of(value)
