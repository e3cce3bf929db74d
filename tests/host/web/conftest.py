from collections.abc import Callable, Iterator
from itertools import count

import pytest
from flask import Flask, render_template_string

from host.accounts.models import User
from host.app import create_app
from host.database import Database
from host.settings import Settings
from tests.accounts import make_administrator, make_user
from tests.databases import SqliteDatabases, opened

NUMBER = count(1)


@pytest.fixture(scope="module")
def web_database(sqlite_databases: SqliteDatabases) -> Iterator[Database]:
    """One for the tests of a module: they look at pages, and change nothing that another looks at."""
    with sqlite_databases.migrated() as url, opened(url) as database:
        yield database


@pytest.fixture(scope="module")
def app(web_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The whole application, with one more page that does what a test says."""
    app = create_app(Settings(data_folder=tmp_path_factory.mktemp("data"), time_zone="UTC"), web_database)

    @app.get("/test")
    @app.get("/test/inner")
    def as_told() -> object:
        return app.extensions["test_view"]()

    return app


@pytest.fixture
def page_that(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Says what the pages /test and /test/inner do."""
    return lambda view: monkeypatch.setitem(app.extensions, "test_view", view)


@pytest.fixture
def user(web_database: Database) -> User:
    return make_user(web_database, f"user{next(NUMBER)}")


@pytest.fixture
def administrator(web_database: Database) -> User:
    return make_administrator(web_database, f"administrator{next(NUMBER)}")


@pytest.fixture
def render(app: Flask) -> Callable[..., str]:
    """Renders a template in a request for a list."""

    def rendered(template: str, **values: object) -> str:
        with app.test_request_context("/companies?sort=name&after=abc"):
            return render_template_string(template, **values)

    return rendered
