"""Where a connector is judged: its configuration, its sessions, and what the checks have read so far."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Self
from zoneinfo import ZoneInfo

from host.errors import InvalidInputError
from sync_connectors.configuration import read_submission
from sync_connectors.contract.connector import Configuration
from sync_connectors.contract.errors import ConfigurationError, ConnectorError
from sync_connectors.contract.fields import ConfigurationField
from sync_connectors.guarding import GuardedConnector, GuardedSession
from sync_connectors.testing.measuring import MeasuredServices
from sync_connectors.testing.once import Once
from sync_connectors.testing.records import TypeBench
from sync_connectors.testing.setup import Setup

_TAGS = {"name": "Tieline", "login": "tieline"}


class Bench:
    """One connector on a link of its own, from the first check to the last.

    Attributes:
        setup: What the kit was told.
        told: Errors of the connector that a check has told of, each with the name of that check.
        created: What was created in the ERP, and stays there: actor types and keys.
        costs: Records and calls of a full read by actor type.
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        given = setup.connector
        self.connector = given if isinstance(given, GuardedConnector) else GuardedConnector(given, setup.seconds)
        self.guid = str(uuid.uuid4())
        self.told: dict[tuple[type[Exception], str], str] = {}
        self.created: list[tuple[str, str]] = []
        self.costs: dict[str, tuple[int, int]] = {}
        self.services = self.new_services()
        self._token = uuid.uuid4().hex[:6]
        self._count = 0
        self._session: GuardedSession | None = None
        self._is_saved = False
        self._fields = Once(lambda: tuple(self.connector.configuration_fields()))
        self._configuration = Once(lambda: self.configured({}))
        self._types = Once(self._read_types)
        self._lists: dict[str, Once[Mapping[str, str]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def configuration_fields(self) -> Sequence[ConfigurationField]:
        """What the connector declares."""
        return self._fields()

    @property
    def configuration(self) -> Configuration:
        """The configuration that is to work, typed."""
        return self._configuration()

    @property
    def session(self) -> GuardedSession:
        """The session that the checks share."""
        if self._session is None:
            self.connector.save_link(self.guid, self.configuration, self.services)
            self._is_saved = True
            self._session = self.connector.open(self.guid, self.configuration, self.services)
        return self._session

    @property
    def types(self) -> Mapping[str, TypeBench]:
        """The actor types that the link offers, parents first."""
        return self._types()

    def configured(self, changes: Mapping[str, Any]) -> Configuration:
        """Return the configuration with changes, as the host would make it.

        Raises:
            ConfigurationError: What the connector declares does not allow it.
        """
        try:
            raw = {**self.setup.configuration, **changes}
            return read_submission(self.configuration_fields, None, raw, tags=_TAGS).typed
        except InvalidInputError as error:
            faults = {field: "; ".join(texts) for field, texts in error.errors.items()}
            words = ", ".join(f"{field} {fault}" for field, fault in faults.items())
            raise ConfigurationError(f"the configuration given to the kit: {words}", fields=faults) from error

    def new_services(self) -> MeasuredServices:
        """Return services of a session or call of its own."""
        return MeasuredServices(
            self.setup.settings, ZoneInfo(self.setup.time_zone), self.setup.seconds, link_name="conformance check"
        )

    @contextmanager
    def another_session(self) -> Iterator[GuardedSession]:
        """Yield a second session on the same link."""
        _ = self.session  # the link is saved before anybody opens it
        with self.connector.open(self.guid, self.configuration, self.new_services()) as session:
            yield session

    def items(self, list_name: str) -> Mapping[str, str]:
        """Return the items of a list."""
        if list_name not in self._lists:
            self._lists[list_name] = Once(lambda: self.session.list_items(list_name))
        return self._lists[list_name]()

    def next_number(self) -> str:
        """Return a text that no record holds yet."""
        self._count += 1
        return f"{self._token}-{self._count}"

    def renew_session(self) -> None:
        """Begin a new session; the present one may be waiting for a call that never ends."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def close(self) -> None:
        """End the session, let the connector forget the link, and give back the threads."""
        self.renew_session()
        if self._is_saved:
            with suppress(ConnectorError):
                self.connector.delete_link(self.guid, self.new_services())
        if self.connector is not self.setup.connector:
            self.connector.retire()

    def _read_types(self) -> Mapping[str, TypeBench]:
        benches = {each.name: TypeBench(self, each) for each in self.session.actor_types()}
        placed: dict[str, TypeBench] = {}
        while len(placed) < len(benches):
            waiting = [bench for bench in benches.values() if bench.name not in placed]
            ready = [bench for bench in waiting if placed.keys() >= set(bench.type.parents)]
            placed.update((bench.name, bench) for bench in ready or waiting)  # parents in a circle are in any order
        return placed
