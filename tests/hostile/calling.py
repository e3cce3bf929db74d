"""Every call of the contract over the wire, as the host makes it: guarded, and with its services."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from host.settings import Settings
from sync_connectors import Actor, ActorReference, ListKey, Operator, Restriction
from sync_connectors.guarding import GuardedConnector, GuardedSession
from sync_connectors.json_protocol.client import RemoteConnector
from sync_connectors.services import HostServices
from tests.emulators.plain_server import FIELDS
from tests.hostile.server import PASSWORD, TOKEN

GUID = "7f9d5c4e-0000-4000-8000-000000000009"
CONFIGURATION = {"Server": "nordwind", "Login": "ida", "Password": PASSWORD, "Company": ListKey("1")}
NAMED = ["NAME"]
NEW = Actor("Customer", "", {"NAME": "New"}, "")
KNOWN = Actor("Customer", "C01", {"NAME": "Known"}, "1")


@dataclass
class Side:
    """The calling side of one test."""

    guard: GuardedConnector
    services: HostServices

    @contextmanager
    def session(self) -> Iterator[GuardedSession]:
        """Open a session that knows the declared fields already, so that it asks for nothing by itself."""
        with self.guard.open(GUID, CONFIGURATION, self.services) as session:
            session.declare(FIELDS)
            yield session


@contextmanager
def calling(url: str, settings: Settings, seconds: float) -> Iterator[Side]:
    """Yield a side on a link that the server knows; all its connections and threads end with the block."""
    remote = RemoteConnector(url, TOKEN, replace(settings, connector_call_seconds=seconds))
    guard = GuardedConnector(remote, seconds)
    services = HostServices(settings, ZoneInfo("Europe/Copenhagen"), 10.0)
    guard.save_link(GUID, CONFIGURATION, services)
    services.seconds = seconds
    try:
        yield Side(guard, services)
    finally:
        guard.retire()
        remote.close()


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        path: How the server names it.
        make: Makes it, and reads streams to their end.
        is_write: It is made once, whatever comes of it.
    """

    path: str
    make: Callable[[Side], Any]
    is_write: bool = False


def _on_link(ask: Callable[[GuardedSession], Any]) -> Callable[[Side], Any]:
    def make(side: Side) -> Any:
        with side.session() as session:
            return ask(session)

    return make


CALLS: Mapping[str, Call] = {
    "configuration_fields": Call("descriptor", lambda side: side.guard.configuration_fields()),
    "test_configuration": Call(
        "test-configuration", lambda side: side.guard.test_configuration(CONFIGURATION, side.services)
    ),
    "configuration_list": Call(
        "configuration-list",
        lambda side: side.guard.configuration_list("companies", CONFIGURATION, side.services),
    ),
    "save_link": Call("links", lambda side: side.guard.save_link(GUID, CONFIGURATION, side.services)),
    "test": Call("test", _on_link(lambda session: session.test())),
    "actor_types": Call("actor-types", _on_link(lambda session: session.actor_types())),
    "fields": Call("fields", _on_link(lambda session: session.fields("Customer"))),
    "searchable_fields": Call("searchable-fields", _on_link(lambda session: session.searchable_fields("Customer"))),
    "get": Call("get", _on_link(lambda session: session.get("Customer", ["C01", "C02"], NAMED))),
    "search": Call("search", _on_link(lambda session: session.search("Customer", "1", NAMED))),
    "search_advanced": Call(
        "search-advanced",
        _on_link(
            lambda session: session.search_advanced("Customer", [Restriction("NAME", Operator.CONTAINS, ("2",))], NAMED)
        ),
    ),
    "search_by_parent": Call(
        "search-by-parent",
        _on_link(
            lambda session: session.search_by_parent("Person", "", ActorReference("Customer", "C01"), ["LASTNAME"])
        ),
    ),
    "list_items": Call("list-items", _on_link(lambda session: session.list_items("countries"))),
    "list_items_by_key": Call(
        "list-items-by-key", _on_link(lambda session: session.list_items_by_key("countries", ["DK"]))
    ),
    "changes": Call(
        "changes", _on_link(lambda session: list(session.changes("Customer", None, None, [*NAMED, "CREDIT"])))
    ),
    "deletions": Call("deletions", _on_link(lambda session: list(session.deletions("Customer", None, None)))),
    "create": Call("create", _on_link(lambda session: session.create(NEW)), is_write=True),
    "save": Call("save", _on_link(lambda session: session.save([KNOWN])), is_write=True),
    "delete_link": Call("delete", lambda side: side.guard.delete_link(GUID, side.services)),
}
