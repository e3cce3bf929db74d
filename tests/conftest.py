import os
import shutil

import pytest

from tests.databases import (
    database,
    databases,
    empty_database_url,
    postgres_databases,
    sqlite_database,
    sqlite_databases,
)
from tests.skips import pytest_runtest_makereport

__all__ = [
    "database",
    "databases",
    "empty_database_url",
    "postgres_databases",
    "pytest_runtest_makereport",
    "sqlite_database",
    "sqlite_databases",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser for the browser tests."""
    named = os.environ.get("TIELINE_TEST_CHROMIUM", "chromium")
    found = shutil.which(named)
    if found is None:
        pytest.skip(f"no browser {named}: install Debian's chromium, or name one in TIELINE_TEST_CHROMIUM")
    return found
