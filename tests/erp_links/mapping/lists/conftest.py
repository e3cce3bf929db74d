from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from erp_links.links.models import ErpLink, LinkState
from host.app import create_app
from host.database import Database
from host.settings import Settings
from sync_connectors.loading import load_plugins
from tests.emulators.plain_erp import installed
from tests.emulators.plain_server import PlainServer
from tests.erp_links.mapping.lists.test_operations import make_countries
from tests.erp_links.sync.stage import Stage, set_up


@pytest.fixture
def stage(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """An inactive link on Plain ERP whose customers' country joins the two lists of countries."""
    settings = Settings(data_folder=tmp_path / "data")
    installed(tmp_path / "site", monkeypatch)
    stage = set_up(sqlite_database, settings, load_plugins(settings), PlainServer("nordwind"))
    stage.map("Customer", {"NAME": "name", "COUNTRY": "country"}, two_way=["COUNTRY"])
    with sqlite_database.writing() as session:
        make_countries(session)
        session.execute(update(ErpLink).values(state=LinkState.INACTIVE.value))
    stage.server.lists["countries"] = {"1": "denmark", "2": "Norge", "SE": "Sverige"}
    return stage


@pytest.fixture
def app(stage: Stage) -> Flask:
    """The application in which the link is."""
    made = create_app(stage.runtime.settings, stage.database, stage.runtime.plugins)
    made.config["WTF_CSRF_ENABLED"] = False
    return made
