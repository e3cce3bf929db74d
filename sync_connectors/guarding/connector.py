"""The guard around a connector."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from sync_connectors.contract.answers import Tested
from sync_connectors.contract.connector import Configuration, Connector, LinkSession
from sync_connectors.contract.fields import ConfigurationField
from sync_connectors.contract.services import Services
from sync_connectors.guarding.answers import check_answer, check_items, check_tested
from sync_connectors.guarding.calls import CallPool
from sync_connectors.guarding.declarations import check_configuration_fields
from sync_connectors.guarding.session import GuardedSession
from sync_connectors.guarding.translation import guarded
from sync_connectors.services import begin_call

_Result = TypeVar("_Result")


class GuardedConnector(Connector):
    """A connector whose every answer is checked, within a deadline, and that raises only errors of the contract.

    One guard serves the whole process: it holds the threads on which the connector runs.

    Args:
        connector: The connector of a plugin.
        seconds: Deadline of the calls that get no services.
        pool: The threads; a pool of its own unless given.
    """

    def __init__(self, connector: Connector, seconds: float = 30.0, pool: CallPool | None = None) -> None:
        self.name = connector.name
        self.label = connector.label
        self.version = connector.version
        self.contract_version = connector.contract_version
        self._connector = connector
        self._seconds = seconds
        self._pool = pool or CallPool(connector.name)

    def configuration_fields(self) -> Sequence[ConfigurationField]:
        return self._call(
            "configuration_fields",
            lambda: check_configuration_fields(self.name, self._connector.configuration_fields()),
            self._seconds,
        )

    def test_configuration(self, configuration: Configuration, services: Services) -> Tested:
        return self._call(
            "test_configuration",
            lambda: check_tested(self.name, self._connector.test_configuration(configuration, services)),
            begin_call(services),
        )

    def configuration_list(self, list_name: str, configuration: Configuration, services: Services) -> Mapping[str, str]:
        return self._call(
            "configuration_list",
            lambda: check_items(
                self.name, list_name, self._connector.configuration_list(list_name, configuration, services)
            ),
            begin_call(services),
        )

    def save_link(self, guid: str, configuration: Configuration, services: Services) -> Tested:
        return self._call(
            "save_link",
            lambda: check_tested(self.name, self._connector.save_link(guid, configuration, services)),
            begin_call(services),
        )

    def delete_link(self, guid: str, services: Services) -> None:
        self._call("delete_link", lambda: self._connector.delete_link(guid, services), begin_call(services))

    def open(self, guid: str, configuration: Configuration, services: Services) -> GuardedSession:
        """Open a session on a link; it keeps one thread until it is closed."""
        worker = self._pool.take()
        opened: list[LinkSession] = []

        def open_session() -> LinkSession:
            session: LinkSession = check_answer(
                self.name, self._connector.open(guid, configuration, services), LinkSession
            )
            opened.append(session)
            return session

        worker.when_late = lambda: opened[0].close() if opened else None
        try:
            session = worker.call(guarded(self.name, "open", open_session), begin_call(services))
        except BaseException:
            self._pool.give_back(worker)
            raise
        return GuardedSession(session, self._pool, worker, services)

    def _call(self, name: str, function: Callable[[], _Result], seconds: float) -> _Result:
        worker = self._pool.take()
        worker.when_late = None
        try:
            return worker.call(guarded(self.name, name, function), seconds)
        finally:
            self._pool.give_back(worker)
