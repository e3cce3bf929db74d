"""What a connector declares of itself, cached in its row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from sync_connectors.codec import configuration_field_from_json, configuration_field_to_json
from sync_connectors.contract.connector import Connector
from sync_connectors.contract.fields import ConfigurationField


@dataclass(frozen=True, slots=True)
class Declaration:
    """Name, versions and configuration fields of a connector, as it last told them."""

    name: str
    label: str
    version: str
    contract_version: str
    fields: tuple[ConfigurationField, ...]

    @classmethod
    def of(cls, connector: Connector) -> Self:
        """Ask a connector; outside of any transaction.

        Raises:
            ConnectorError: As the connector's call does.
        """
        return cls(
            name=connector.name,
            label=connector.label,
            version=connector.version,
            contract_version=connector.contract_version,
            fields=tuple(connector.configuration_fields()),
        )

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return what `to_json` made."""
        return cls(
            name=stored["name"],
            label=stored["label"],
            version=stored["version"],
            contract_version=stored["contract_version"],
            fields=tuple(configuration_field_from_json(one) for one in stored["fields"]),
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as the JSON column holds it."""
        return {
            "name": self.name,
            "label": self.label,
            "version": self.version,
            "contract_version": self.contract_version,
            "fields": [configuration_field_to_json(one) for one in self.fields],
        }
