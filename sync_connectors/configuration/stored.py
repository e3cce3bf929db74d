"""What is kept of a configuration, and how it becomes what a connector takes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sync_connectors.configuration.conditions import is_shown
from sync_connectors.configuration.conversion import value_of
from sync_connectors.contract.connector import Configuration
from sync_connectors.contract.errors import ConfigurationError
from sync_connectors.contract.fields import ConfigurationField
from sync_connectors.contract.values import FieldType, Value

VALUELESS = frozenset({FieldType.LABEL, FieldType.ROWS})


@dataclass(frozen=True, slots=True)
class StoredConfiguration:
    """Canonical texts by field key; a field that was shown and left blank is there with an empty text.

    Attributes:
        plain: What may be shown, kept in the link's row.
        secrets: What may not, kept encrypted; never in a repr.
    """

    plain: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def texts(self) -> dict[str, str]:
        """All values, secrets in clear."""
        return {**self.plain, **self.secrets}

    def canonical(self) -> bytes:
        """Return one form for equal values, secrets in clear: what the proof of a test covers."""
        told = {
            "plain": {key: text for key, text in self.plain.items() if text},
            "secrets": {key: text for key, text in self.secrets.items() if text},
        }
        return json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def typed_configuration(fields: Sequence[ConfigurationField], stored: StoredConfiguration) -> Configuration:
    """Return a stored configuration as a connector takes it: typed, secrets in clear, hidden fields absent.

    Raises:
        ConfigurationError: The connector has changed what it declares, and stored values no longer suit; it names
            the fields.
    """
    texts = stored.texts
    values: dict[str, Value] = {}
    faults: dict[str, str] = {}
    for one in fields:
        if one.type in VALUELESS or not is_shown(one, fields, texts):
            continue
        try:
            values[one.key] = value_of(one, texts.get(one.key))
        except ValueError as error:
            faults[one.key] = str(error)
    if faults:
        raise ConfigurationError(
            "the connector has changed its configuration, and what is stored no longer suits it",
            fields=faults,
            instruction="open the configuration of the link, mend the fields and test it",
        )
    return values
