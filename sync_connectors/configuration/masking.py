"""Configurations as they may be shown."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sync_connectors.codec import value_to_json
from sync_connectors.configuration.conversion import value_of
from sync_connectors.configuration.stored import VALUELESS
from sync_connectors.contract.fields import ConfigurationField

MASK = "••••••••"
"""Stands for a secret that is stored; sent back, it means that the secret is unchanged."""


def masked(
    fields: Sequence[ConfigurationField], plain: Mapping[str, str], secret_names: Collection[str]
) -> dict[str, Any]:
    """Return the values as pages and the API show them: JSON values by field key, `MASK` for a stored secret.

    A value whose type the connector has changed since is shown as the text that is stored.

    Args:
        fields: What the connector declares; what is stored beside that is left out.
        plain: Canonical texts by field key.
        secret_names: Keys of the secrets that are stored. Their texts are not needed.
    """
    shown: dict[str, Any] = {}
    for field in fields:
        if field.type in VALUELESS:
            continue
        if field.is_secret:
            shown[field.key] = MASK if field.key in secret_names else ""
            continue
        text = plain.get(field.key, "")
        try:
            shown[field.key] = value_to_json(value_of(field, text))
        except ValueError:
            shown[field.key] = text
    return shown
