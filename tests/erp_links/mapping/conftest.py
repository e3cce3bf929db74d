from pathlib import Path

import pytest
from flask import Flask

from host.app import create_app
from host.database import Database
from host.settings import Settings


@pytest.fixture
def app(sqlite_database: Database, tmp_path: Path) -> Flask:
    """The application on a database of the test's own, without CSRF tokens in forms."""
    made = create_app(Settings(data_folder=tmp_path / "data"), sqlite_database)
    made.config["WTF_CSRF_ENABLED"] = False
    return made
