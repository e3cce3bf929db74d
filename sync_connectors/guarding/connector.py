"""The guard around a connector."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sync_connectors.contract.answers import Tested
from sync_connectors.contract.connector import Configuration, Connector, LinkSession
from sync_connectors.contract.fields import ConfigurationField
from sync_connectors.contract.services import Services
from sync_connectors.guarding.answers import check_answer, check_items, check_tested
from sync_connectors.guarding.calls import CallPool
from sync_connectors.guarding.declarations import check_configuration_fields
from sync_connectors.guarding.session import GuardedSession
from sync_connectors.guarding.translation import guarded
from sync_connectors.guarding.watching import watched
from sync_connectors.services import begin_call

_Result = TypeVar("_Result")


class GuardedConnector(Connector):
    """A connector whose every answer is checked, within a deadline, and that raises only errors of the contract.

    One guard serves the whole process: it holds the threads on which the connector runs.

    Args:
        connector: The connector of a plugin.
        seconds: Deadline of the calls that get no services.
        pool: The threads; a pool of its own unless given.
        is_deep: Whether the values of records are checked too, and not left to another guard, in another process.
    """

    def __init__(
        self, connector: Connector, seconds: float = 30.0, pool: CallPool | None = None, *, is_deep: bool = True
    ) -> None:
        self._connector = connector
        self._take_over_identity()
        self._seconds = seconds
        self._is_deep = is_deep
        self._pool = pool or CallPool(connector.name)

    def configuration_fields(self) -> Sequence[ConfigurationField]:
        fields = self._call(
            "configuration_fields",
            lambda: check_configuration_fields(self.name, self._connector.configuration_fields()),
            self._seconds,
        )
        self._take_over_identity()  # one behind a URL tells its version together with its fields
        return fields

    def test_configuration(self, configuration: Configuration, services: Services) -> Tested:
        return self._call(
            "test_configuration",
            lambda: check_tested(self.name, self._connector.test_configuration(configuration, services)),
            begin_call(services),
            services,
            configuration=configuration,
        )

    def configuration_list(self, list_name: str, configuration: Configuration, services: Services) -> Mapping[str, str]:
        return self._call(
            "configuration_list",
            lambda: check_items(
                self.name, list_name, self._connector.configuration_list(list_name, configuration, services)
            ),
            begin_call(services),
            services,
            list_name=list_name,
            configuration=configuration,
        )

    def save_link(self, guid: str, configuration: Configuration, services: Services) -> Tested:
        return self._call(
            "save_link",
            lambda: check_tested(self.name, self._connector.save_link(guid, configuration, services)),
            begin_call(services),
            services,
            guid=guid,
            configuration=configuration,
        )

    def delete_link(self, guid: str, services: Services) -> None:
        seconds = begin_call(services)
        self._call("delete_link", lambda: self._connector.delete_link(guid, services), seconds, services, guid=guid)

    def open(self, guid: str, configuration: Configuration, services: Services) -> GuardedSession:
        """Open a session on a link; it keeps one thread until it is closed."""
        arguments = {"guid": guid, "configuration": configuration}
        return watched(services, "open", arguments, lambda: self._opened(guid, configuration, services))

    def for_another_guard(self) -> "GuardedConnector":
        """Return the connector on the same threads, for a process behind which another guard checks the values."""
        return GuardedConnector(self._connector, self._seconds, self._pool, is_deep=False)

    def retire(self) -> None:
        """Give back the threads; sessions that are open end as they would have."""
        self._pool.close()

    def _opened(self, guid: str, configuration: Configuration, services: Services) -> GuardedSession:
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
        return GuardedSession(session, self._pool, worker, services, is_deep=self._is_deep)

    def _take_over_identity(self) -> None:
        self.name = self._connector.name
        self.label = self._connector.label
        self.version = self._connector.version
        self.contract_version = self._connector.contract_version

    def _call(
        self,
        name: str,
        function: Callable[[], _Result],
        seconds: float,
        services: Services | None = None,
        /,
        **arguments: Any,
    ) -> _Result:
        return watched(services, name, arguments, lambda: self._ask(name, function, seconds))

    def _ask(self, name: str, function: Callable[[], _Result], seconds: float) -> _Result:
        worker = self._pool.take()
        worker.when_late = None
        try:
            return worker.call(guarded(self.name, name, function), seconds)
        finally:
            self._pool.give_back(worker)
