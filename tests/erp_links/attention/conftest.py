from pathlib import Path

import pytest

from host.database import Database
from host.settings import Settings
from sync_connectors.loading import load_plugins
from tests.emulators.plain_erp import installed
from tests.emulators.plain_server import PlainServer
from tests.erp_links.sync.signed_in import app, browser, ida
from tests.erp_links.sync.stage import Stage, set_up

__all__ = ["app", "browser", "ida"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_folder=tmp_path / "data")


def _stage(database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    installed(tmp_path / "site", monkeypatch)
    stage = set_up(database, settings, load_plugins(settings), PlainServer("nordwind"))
    stage.map("Customer", {"NAME": "name", "EMAIL": "email"}, match=["name"], two_way=["NAME", "EMAIL"], policy="ask")
    return stage


@pytest.fixture
def stage(database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """An active link whose customers are mapped both ways and whose conflicts are asked about; on both databases."""
    return _stage(database, settings, tmp_path, monkeypatch)


@pytest.fixture
def sqlite_stage(
    sqlite_database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Stage:
    """The same on SQLite only, for what does not hang on the kind of database."""
    return _stage(sqlite_database, settings, tmp_path, monkeypatch)
