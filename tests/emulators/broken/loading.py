"""Connectors that fail a check of load."""

from sync_connectors import Configuration, ConfigurationError, Services, Tested, UnavailableError
from tests.emulators.broken.breaking import breaks
from tests.emulators.broken.good import GoodConnector, GoodSession


@breaks("link_can_be_saved_again")
class SavesALinkOnce(GoodConnector):
    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()

    def save_link(self, guid: str, configuration: Configuration, services: Services) -> Tested:
        if guid in self.links:
            raise ConfigurationError("this link is there already")
        self.links.add(guid)
        return Tested()


@breaks("sessions_are_independent")
class HangsUpForAll(GoodSession):
    def __init__(self, connector: GoodConnector) -> None:
        super().__init__(connector)
        connector.line_is_open = True

    def close(self) -> None:
        self.connector.line_is_open = False

    def test(self) -> Tested:
        if not self.connector.line_is_open:
            raise UnavailableError("the line is closed")
        return super().test()


@breaks("parallel_calls_agree")
class StandsTwoSessions(GoodSession):
    def __init__(self, connector: GoodConnector) -> None:
        super().__init__(connector)
        connector.open_sessions = getattr(connector, "open_sessions", 0) + 1
        if connector.open_sessions > 2:
            connector.open_sessions -= 1
            raise UnavailableError("too many are signed in")

    def close(self) -> None:
        self.connector.open_sessions -= 1


@breaks("full_read_is_cheap")
class ReadsOneByOne(GoodSession):
    page_size = 1
