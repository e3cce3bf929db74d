"""What a server says of the connector behind it: the answer to GET on its address."""

from dataclasses import dataclass
from typing import Any, Self

from sync_connectors.codec import configuration_field_from_json, configuration_field_to_json
from sync_connectors.contract.fields import ConfigurationField
from sync_connectors.json_protocol.media import PROTOCOL, PROTOCOL_VERSION
from sync_connectors.json_protocol.reading import MessageError, read_each, read_object, read_text


@dataclass(frozen=True, slots=True)
class Descriptor:
    """The connector behind an address.

    Attributes:
        parallel_sessions: Most sessions at one time that the server opens for one credential.
    """

    name: str
    label: str
    version: str
    contract_version: str
    fields: tuple[ConfigurationField, ...]
    parallel_sessions: int = 4

    def to_json(self) -> dict[str, Any]:
        """Return the answer."""
        return {
            "protocol": PROTOCOL,
            "protocol_version": PROTOCOL_VERSION,
            "contract_version": self.contract_version,
            "name": self.name,
            "label": self.label,
            "version": self.version,
            "parallel_sessions": self.parallel_sessions,
            "fields": [configuration_field_to_json(field) for field in self.fields],
        }

    @classmethod
    def from_json(cls, json: Any) -> Self:
        """Read an answer.

        Raises:
            MessageError: It is no descriptor, or one of a protocol version that we do not speak.
        """
        told = read_object(json, "the descriptor")
        if told.get("protocol") != PROTOCOL:
            raise MessageError("it does not say that it is a connector")
        if told.get("protocol_version") != PROTOCOL_VERSION:
            spoken = read_text(told.get("protocol_version"), "protocol_version")
            raise MessageError(f"it speaks version {spoken:.20} of the protocol and not {PROTOCOL_VERSION}")
        parallel = told.get("parallel_sessions", 4)
        if type(parallel) is not int or parallel < 1:
            raise MessageError("parallel_sessions is no number from 1")
        name, label, version, contract_version = (
            read_text(told.get(key), key) for key in ("name", "label", "version", "contract_version")
        )
        fields = read_each(told.get("fields"), "fields", configuration_field_from_json)
        return cls(name, label, version, contract_version, fields, parallel)
