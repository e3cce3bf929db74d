import pytest
from flask import Flask

from host.app import create_app
from host.database import Database
from host.settings import Settings


@pytest.fixture
def app(sqlite_database: Database, tmp_path) -> Flask:
    app = create_app(Settings(data_folder=tmp_path, sign_in_limit="3 per minute"), sqlite_database)
    app.config["WTF_CSRF_ENABLED"] = False
    return app
