"""Which conditional fields are shown, and so required and sent, for given values."""

from collections.abc import Mapping, Sequence

from sync_connectors.configuration.conversion import text_of, value_of
from sync_connectors.contract.fields import ConfigurationField


def is_shown(field: ConfigurationField, fields: Sequence[ConfigurationField], texts: Mapping[str, str]) -> bool:
    """Tell whether a field is shown.

    A field that hangs on a hidden one is hidden as well. One that hangs on a field that is not declared, or on
    itself, is shown: a slip of a connector must not make its own configuration unreachable.

    Args:
        field: The field in question.
        fields: All fields of the configuration.
        texts: The values given so far, in canonical text, by key.
    """
    by_key = {one.key: one for one in fields}
    current, passed = field, {field.key}
    while current.show_if is not None:
        condition = current.show_if
        decisive = by_key.get(condition.field)
        if decisive is None or decisive.key in passed:
            return True
        if texts.get(decisive.key, "") not in {_canonical(decisive, text) for text in condition.values}:
            return False
        passed.add(decisive.key)
        current = decisive
    return True


def _canonical(field: ConfigurationField, text: str) -> str:
    try:
        return text_of(value_of(field, text))
    except ValueError:
        return text
