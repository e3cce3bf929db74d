"""The fake host's link: how it reaches the connector, anew after each death."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from host.settings import Settings
from sync_connectors.configuration import read_submission
from sync_connectors.contract.answers import Tested
from sync_connectors.contract.connector import Connector, LinkSession
from sync_connectors.contract.errors import UnknownLinkError
from sync_connectors.contract.services import Services
from sync_connectors.guarding import CallPool, GuardedConnector
from sync_connectors.services import HostServices
from sync_connectors.state import MemoryState
from sync_connectors.testing.fake_host.dying import HostDiedError
from sync_connectors.testing.finding import find_connector
from sync_connectors.testing.setup import THIS_MACHINE

_Result = TypeVar("_Result")

ConnectorOrigin = Callable[[], Connector] | Connector | str
"""A class or whatever else makes a connector, an instance, the name of an installed one, or a URL."""

_LIVES_ON = (str, Connector)
"""What a death of the host leaves as it is."""


class FakeLink:
    """A link whose connector runs behind the guard of Tieline, with the services of Tieline.

    Attributes:
        state: The link's durable store; outlives a death.
    """

    def __init__(
        self,
        connector: ConnectorOrigin,
        configuration: Mapping[str, Any],
        token: str,
        guid: str,
        files_root: Path | None,
        time_zone: str,
        seconds: float,
    ) -> None:
        self.state = MemoryState()
        self._guid = guid
        self._settings = Settings(outbound_allow=THIS_MACHINE, files_root=files_root or Path("files").absolute())
        self._time_zone = ZoneInfo(time_zone)
        self._seconds = seconds
        self._is_saved = False
        self._origin = connector
        self._pool: CallPool | None = None
        found = find_connector(connector, self._settings, token) if isinstance(connector, _LIVES_ON) else connector()
        self._connector = self._guarded(found)
        declared = self._connector.configuration_fields()
        self._configuration = read_submission(declared, None, configuration).typed

    def restart(self) -> None:
        """Begin as a new process: with a new connector, unless it was given by its name, its URL or as an instance."""
        if not isinstance(self._origin, _LIVES_ON):
            self._connector = self._guarded(self._origin())

    def test_configuration(self) -> Tested:
        """Try the configuration.

        Raises:
            ConnectorError: What the connector raised.
        """
        return self._connector.test_configuration(self._configuration, self._services())

    def ask(self, call: Callable[[LinkSession], _Result]) -> _Result:
        """Run a call in a session of its own; save the link first, and again where the connector has forgotten it.

        Raises:
            ConnectorError: What the connector raised.
        """
        if not self._is_saved:
            self._save()
        try:
            with self._session() as session:
                return call(session)
        except UnknownLinkError:
            self._save()
            with self._session() as session:
                return call(session)

    def _guarded(self, made: Connector) -> GuardedConnector:
        if isinstance(made, GuardedConnector):
            return made
        self._pool = self._pool or CallPool(made.name)  # for all, as each keeps its threads
        return GuardedConnector(made, self._seconds, self._pool)

    @contextmanager
    def _session(self) -> Iterator[LinkSession]:
        # closed also when the host dies: threads and connections of a process that is gone are gone as well
        try:
            with self._connector.open(self._guid, self._configuration, self._services()) as session:
                yield session
        except HostDiedError:
            self.restart()
            raise

    def _save(self) -> None:
        self._connector.save_link(self._guid, self._configuration, self._services())
        self._is_saved = True

    def _services(self) -> Services:
        return HostServices(self._settings, self._time_zone, self._seconds, "fake host", self.state)
