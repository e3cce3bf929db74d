"""One connector as it is served: its links by caller, and the sessions on them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

from host.logs import redact
from host.logs.redaction import is_secret_name
from host.settings import Settings
from sync_connectors.contract.answers import Tested
from sync_connectors.contract.connector import Configuration
from sync_connectors.contract.errors import UnknownLinkError
from sync_connectors.contract.services import StateStore
from sync_connectors.guarding import GuardedConnector
from sync_connectors.json_protocol.descriptor import Descriptor
from sync_connectors.json_protocol.messages import configuration_from_json, time_zone_from_json
from sync_connectors.json_protocol.server.sessions import OpenSession, SessionKey, SessionPool
from sync_connectors.json_protocol.server.store import LinkKey, LinkStore, ServedLink
from sync_connectors.services import HostServices
from sync_connectors.state import MemoryState


class ServedConnector:
    """What the calls of all callers work on.

    Args:
        connector: Guarded, as the host has it: each answer is checked and comes in time.
        settings: Of this process: what the connector may call, where it may open files, and the deadlines.
        store: Keeps the links.
        sessions: Keeps the sessions.
    """

    def __init__(
        self, connector: GuardedConnector, settings: Settings, store: LinkStore, sessions: SessionPool
    ) -> None:
        self.connector = connector
        self.sessions = sessions
        self._settings = settings
        self._store = store

    def descriptor(self) -> Descriptor:
        """Return what the connector says of itself."""
        one = self.connector
        fields = tuple(one.configuration_fields())
        return Descriptor(one.name, one.label, one.version, one.contract_version, fields, self.sessions.share)

    def test_configuration(self, configuration: Configuration, time_zone: ZoneInfo, seconds: float) -> Tested:
        """Try a configuration that nothing is kept of."""
        services = self._services(MemoryState(), time_zone, seconds)
        with redact(self._secrets(configuration)):
            return self.connector.test_configuration(configuration, services)

    def configuration_list(
        self, list_name: str, configuration: Configuration, time_zone: ZoneInfo, seconds: float
    ) -> Mapping[str, str]:
        """Return the items of a list of the configuration."""
        services = self._services(MemoryState(), time_zone, seconds)
        with redact(self._secrets(configuration)):
            return self.connector.configuration_list(list_name, configuration, services)

    def save_link(self, key: LinkKey, link: ServedLink, seconds: float) -> Tested:
        """Tell the connector of a link and keep it; sessions that were opened before see the end of their call."""
        configuration, services = self._configured(key, link, seconds)
        try:
            with redact(self._secrets(configuration)):
                tested = self.connector.save_link(key.guid, configuration, services)
        except BaseException:
            if self._store.link(key) is None:
                self._store.delete(key)  # the state that the attempt has left
            raise
        self._store.save(key, link)
        self.sessions.end_link(key)
        return tested

    def delete_link(self, key: LinkKey, seconds: float) -> None:
        """Forget a link, whatever the connector says to it.

        Raises:
            UnknownLinkError: There is none.
        """
        configuration, services = self._configured(key, self._known(key), seconds)
        self.sessions.end_link(key)
        try:
            with redact(self._secrets(configuration)):
                self.connector.delete_link(key.guid, services)
        finally:
            self._store.delete(key)

    @contextmanager
    def calling(self, key: SessionKey, number: int | None, seconds: float) -> Iterator[OpenSession]:
        """Yield a session for one call; meanwhile the log tells none of its secrets.

        Raises:
            UnknownLinkError: The caller has saved no such link.
            SessionConflictError: The call does not suit what the session is doing.
            RateLimitedError: All sessions are in use.
        """
        link = self._known(key.link)

        def open_session() -> OpenSession:
            # read again: a link that was saved anew in the meantime ends only the sessions that it finds
            return self._opened(key.link, self._known(key.link), seconds)

        def count_allowed() -> int:
            opened = self._opened(key.link, link, seconds)
            with opened.session as session:
                return max((each.capabilities.maximum_parallel_calls for each in session.actor_types()), default=0)

        with self.sessions.calling(key, number, open_session, count_allowed) as opened, redact(opened.secrets):
            opened.services.seconds = seconds
            yield opened

    def _opened(self, key: LinkKey, link: ServedLink, seconds: float) -> OpenSession:
        configuration, services = self._configured(key, link, seconds)
        secrets = self._secrets(configuration)
        with redact(secrets):
            return OpenSession(self.connector.open(key.guid, configuration, services), services, secrets)

    def _known(self, key: LinkKey) -> ServedLink:
        link = self._store.link(key)
        if link is None:
            raise UnknownLinkError(
                "the connector's server does not know this ERP link", instruction="save the link at it again"
            )
        return link

    def _configured(self, key: LinkKey, link: ServedLink, seconds: float) -> tuple[Configuration, HostServices]:
        time_zone = time_zone_from_json(link.time_zone)
        services = self._services(self._store.state(key), time_zone, seconds, link.name or key.guid)
        return configuration_from_json(link.configuration), services

    def _services(self, state: StateStore, time_zone: ZoneInfo, seconds: float, name: str = "") -> HostServices:
        return HostServices(self._settings, time_zone, seconds, name, state)

    def _secrets(self, configuration: Configuration) -> tuple[str, ...]:
        declared = {field.key for field in self.connector.configuration_fields() if field.is_secret}
        secret: dict[str, Any] = {
            key: value for key, value in configuration.items() if key in declared or is_secret_name(key)
        }
        return tuple(value for value in secret.values() if isinstance(value, str))
