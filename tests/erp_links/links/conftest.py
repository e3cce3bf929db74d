from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

import host.app.tables  # noqa: F401 -- a flush needs every table that a foreign key names
from erp_links.links.models import ErpLink, Visibility
from erp_links.links.saving import create_link
from erp_links.links.submission import LinkSubmission, VisibilityChoice
from erp_links.runtime import LinkRuntime
from host.accounts.models import Role
from host.audit.doer import Doer
from host.database import Database
from host.secrets import SecretBox
from host.secrets.keys import new_key
from host.settings import Settings
from sync_connectors.loading import load_plugins
from sync_connectors.registered.declaration import Declaration
from sync_connectors.registered.models import SyncConnector
from tests.accounts import make_user
from tests.emulators.plain_erp import installed
from tests.emulators.plain_server import PlainServer

VALUES = {"Server": "nordwind", "Login": "ida", "Password": "s3cret", "Company": "1"}
EVERYBODY = VisibilityChoice(Visibility.ALL)


@dataclass
class Office:
    """Administrators at work on one connector of Plain ERP."""

    runtime: LinkRuntime
    server: PlainServer
    connector_id: int
    ida: Doer
    ole: Doer
    console: Doer = field(default_factory=lambda: Doer(None, "console", "cli"))

    @property
    def database(self) -> Database:
        return self.runtime.database

    @property
    def calls(self) -> list[str]:
        return [call for call, _about in self.server.calls]

    def submission(self, **changes: Any) -> LinkSubmission:
        """A complete submission; `values` change single configuration values."""
        values = changes.pop("values", {})
        complete = LinkSubmission(
            name="Nordwind", connector_id=self.connector_id, configuration=VALUES | values, visibility=EVERYBODY
        )
        return replace(complete, **changes)

    def create(self, **changes: Any) -> int:
        return create_link(self.runtime, self.ida, self.submission(**changes)).link_id

    def link(self, link_id: int) -> ErpLink:
        with self.database.reading() as session:
            link = session.get_one(ErpLink, link_id)
            session.refresh(link, ["connector", "access"])
            return link

    def change_url(self, url: str = "plugin:plain-erp") -> None:
        """What a change of the connector's URL leaves in its row."""
        with self.database.writing() as session:
            row = session.get_one(SyncConnector, self.connector_id)
            row.url, row.url_revision = url, row.url_revision + 1


@pytest.fixture
def office_at(tmp_path, monkeypatch) -> Callable[[Database], Office]:
    def open_office(database: Database) -> Office:
        installed(tmp_path / "plugins", monkeypatch)
        settings = Settings(data_folder=tmp_path, tests_per_minute=100)
        plugins = load_plugins(settings)
        runtime = LinkRuntime(database, plugins, settings, SecretBox([new_key()]))
        connector = plugins.connector("plain-erp")
        with database.writing() as session:
            row = SyncConnector(
                name="Plain ERP",
                url="plugin:plain-erp",
                declaration=Declaration.ask(connector).to_json(),
                created_at=datetime.now(UTC),
            )
            session.add(row)
        ida = make_user(database, "ida", Role.ADMINISTRATOR, name="Ida Holm")
        ole = make_user(database, "ole", Role.ADMINISTRATOR, name="Ole Berg")
        return Office(
            runtime,
            PlainServer("nordwind"),
            row.id,
            Doer(ida.id, ida.name, "page"),
            Doer(ole.id, ole.name, "page"),
        )

    return open_office


@pytest.fixture
def office(office_at, sqlite_database: Database) -> Office:
    return office_at(sqlite_database)


@pytest.fixture
def any_office(office_at, database: Database) -> Office:
    """The same on both kinds of database."""
    return office_at(database)
