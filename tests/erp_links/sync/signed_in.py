"""The application over the database of `sqlite_stage`, and its administrator; for conftests to import."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from host.accounts.models import User
from host.app import create_app
from host.settings import Settings
from tests.accounts import client_of, make_administrator
from tests.erp_links.sync.stage import Stage


@pytest.fixture
def app(sqlite_stage: Stage, settings: Settings) -> Flask:
    app = create_app(settings, sqlite_stage.database)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def ida(sqlite_stage: Stage) -> User:
    """The administrator, who sees only the links that are for everybody."""
    return make_administrator(sqlite_stage.database)


@pytest.fixture
def browser(app: Flask, ida: User) -> FlaskClient:
    """A browser in which the administrator has signed in."""
    return client_of(app, ida)
