from pathlib import Path

import pytest

from host.database import Database
from host.settings import Settings
from sync_connectors.loading import load_plugins
from tests.emulators.plain_erp import installed
from tests.emulators.plain_server import PlainServer
from tests.erp_links.sync.stage import Stage, set_up


@pytest.fixture
def stage(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A synced company, Alfa, on an active link that shows some of the ERP's fields on the tab."""
    return _synced(database, tmp_path, monkeypatch)


@pytest.fixture
def sqlite_stage(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The same on SQLite only."""
    return _synced(sqlite_database, tmp_path, monkeypatch)


def _synced(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    settings = Settings(data_folder=tmp_path / "data")
    installed(tmp_path / "site", monkeypatch)
    stage = set_up(database, settings, load_plugins(settings), PlainServer("nordwind"))
    stage.server.put(
        "Customer",
        "C1",
        {"NAME": "Alfa", "PHONE": "86 12 00 45", "COUNTRY": "DK", "CREDIT": None, "BLOCKED": False, "ORDERS": 3},
    )
    stage.map("Customer", {"NAME": "name", "PHONE": "phone"}, unpaired="create")
    stage.show("PHONE", "COUNTRY", "CREDIT", "BLOCKED", "ORDERS")
    stage.run()
    return stage
