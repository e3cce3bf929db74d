"""A connector behind a server."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from host.settings import Settings
from sync_connectors.contract.answers import Tested
from sync_connectors.contract.connector import CONTRACT_VERSION, Configuration, Connector, LinkSession
from sync_connectors.contract.errors import ProtocolError
from sync_connectors.contract.fields import ConfigurationField
from sync_connectors.contract.services import Services
from sync_connectors.json_protocol.calls import CONFIGURATION_LIST, SAVE_LINK, TEST_CONFIGURATION, Call
from sync_connectors.json_protocol.client.failures import malformed
from sync_connectors.json_protocol.client.session import RemoteSession
from sync_connectors.json_protocol.client.transport import Transport, once_more
from sync_connectors.json_protocol.descriptor import Descriptor
from sync_connectors.json_protocol.media import DESCRIPTOR_TYPE, LINKS
from sync_connectors.json_protocol.reading import MessageError


class RemoteConnector(Connector):
    """The connector that answers at an address, with the whole contract.

    Its name, label and versions are those of its server's last descriptor, which `configuration_fields` asks for.

    Args:
        address: As it was registered, without `json+`.
        token: Access token of the server, or empty.
        settings: Outbound policy, proxy and certificates, and how long the descriptor may take.
        known: What the server said of itself earlier; until there is something, the connector is named after its host.
    """

    def __init__(self, address: str, token: str, settings: Settings, known: Descriptor | None = None) -> None:
        self._transport = Transport(address, token, settings)
        self._seconds = settings.connector_call_seconds
        host = self._transport.host
        self._take_over(known or Descriptor(host, host, "", CONTRACT_VERSION, ()))

    def configuration_fields(self) -> Sequence[ConfigurationField]:
        ends_at = time.monotonic() + self._seconds
        caller = self._transport.open(lambda: max(0.0, ends_at - time.monotonic()))
        with caller.token.hidden():
            answer = once_more(lambda: caller.ask("GET", "", headers={"Accept": DESCRIPTOR_TYPE}))
            try:
                descriptor = Descriptor.from_json(answer)
            except MessageError as error:
                raise malformed(caller.host, str(error)) from error
        if descriptor.contract_version != CONTRACT_VERSION:
            raise ProtocolError(
                f"{caller.host} serves a connector of contract version {descriptor.contract_version:.20}, "
                f"and Tieline knows {CONTRACT_VERSION}",
                instruction="use a connector and a Tieline of the same contract version",
            )
        self._take_over(descriptor)
        return descriptor.fields

    def test_configuration(self, configuration: Configuration, services: Services) -> Tested:
        tested: Tested = self._call(TEST_CONFIGURATION, services, configuration=configuration)
        return tested

    def configuration_list(self, list_name: str, configuration: Configuration, services: Services) -> Mapping[str, str]:
        items: Mapping[str, str]
        items = self._call(CONFIGURATION_LIST, services, list_name=list_name, configuration=configuration)
        return items

    def save_link(self, guid: str, configuration: Configuration, services: Services) -> Tested:
        tested: Tested = self._call(SAVE_LINK, services, "PUT", f"{LINKS}/{guid}", configuration=configuration)
        return tested

    def delete_link(self, guid: str, services: Services) -> None:
        caller = self._transport.open(services.remaining)
        with caller.token.hidden():
            caller.ask("DELETE", f"{LINKS}/{guid}")

    def open(self, guid: str, configuration: Configuration, services: Services) -> LinkSession:
        """Open a session; the configuration is the server's, to which `save_link` has told it."""
        return RemoteSession(self._transport.open(services.remaining), guid)

    def close(self) -> None:
        """Close the idle connections; nobody uses the connector any more."""
        self._transport.close()

    def _call(self, call: Call, services: Services, method: str = "POST", path: str = "", **arguments: Any) -> Any:
        caller = self._transport.open(services.remaining)
        try:
            message = call.arguments_to_json({**arguments, "time_zone": services.time_zone})
        except ValueError as error:
            raise ProtocolError(f"the configuration has no JSON form: {error}") from error
        with caller.token.hidden():
            answer = once_more(lambda: caller.ask(method, path or call.path, message))
            try:
                return call.answer_from_json(answer)
            except MessageError as error:
                raise malformed(caller.host, f"{call.path}: {error}") from error

    def _take_over(self, descriptor: Descriptor) -> None:
        self.name, self.label = descriptor.name, descriptor.label
        self.version, self.contract_version = descriptor.version, descriptor.contract_version
