from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

import host.app.tables  # noqa: F401 - all mapped classes, as a running host has them
from host.app.factory import create_app
from host.audit.doer import Doer
from host.crm.standard_lists import ensure_standard_lists
from host.database import Database
from host.settings import Settings
from tests.accounts import client_of, make_user

THEN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ADMINISTRATOR = Doer(None, "Ida Holm", "page")


@pytest.fixture
def hub(database: Database) -> Database:
    """A database with the standard lists."""
    with database.writing() as session:
        ensure_standard_lists(session)
    return database


@pytest.fixture
def sqlite_hub(sqlite_database: Database) -> Database:
    """The same on SQLite only, for what does not hang on the kind of database."""
    with sqlite_database.writing() as session:
        ensure_standard_lists(session)
    return sqlite_database


@pytest.fixture
def app(sqlite_hub: Database, tmp_path: Path) -> Flask:
    app = create_app(Settings(data_folder=tmp_path), sqlite_hub)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def user(app: Flask, sqlite_hub: Database) -> FlaskClient:
    return client_of(app, make_user(sqlite_hub, "ada"))
