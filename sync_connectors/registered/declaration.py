"""What a connector said of itself when it was last asked, in the form that is cached."""

from dataclasses import dataclass
from typing import Any, Self

from sync_connectors.codec import configuration_field_from_json, configuration_field_to_json
from sync_connectors.contract.connector import Connector
from sync_connectors.contract.fields import ConfigurationField


@dataclass(frozen=True, slots=True)
class Declaration:
    """Name, versions and configuration fields of the connector behind a URL."""

    name: str
    label: str
    version: str
    contract_version: str
    fields: tuple[ConfigurationField, ...]

    @classmethod
    def ask(cls, connector: Connector) -> Self:
        """Return what a guarded connector declares now.

        Raises:
            ConnectorError: It did not answer in time, or not in keeping with the contract.
        """
        fields = tuple(connector.configuration_fields())
        return cls(connector.name, connector.label, connector.version, connector.contract_version, fields)

    @classmethod
    def from_json(cls, json: dict[str, Any]) -> Self:
        """Return the declaration of its JSON form."""
        return cls(
            json["name"],
            json["label"],
            json["version"],
            json["contract_version"],
            tuple(configuration_field_from_json(field) for field in json["fields"]),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form that is stored."""
        return {
            "name": self.name,
            "label": self.label,
            "version": self.version,
            "contract_version": self.contract_version,
            "fields": [configuration_field_to_json(field) for field in self.fields],
        }
