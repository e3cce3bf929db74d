import gc
import logging
from collections.abc import Iterator

import hypothesis
import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from flask import Flask

from host.accounts import passwords
from tests.browsers import browser, chromium
from tests.databases import (
    database,
    databases,
    empty_database_url,
    postgres_database,
    postgres_databases,
    sqlite_database,
    sqlite_databases,
)
from tests.installations import make_once, tieline_wheel
from tests.skips import pytest_runtest_makereport
from tests.templates import SharedTemplates

__all__ = [
    "browser",
    "chromium",
    "database",
    "databases",
    "empty_database_url",
    "make_once",
    "postgres_database",
    "postgres_databases",
    "pytest_runtest_makereport",
    "sqlite_database",
    "sqlite_databases",
    "tieline_wheel",
]


Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": SharedTemplates()}

# the same examples in every run, and none that fails because the machine is busy
hypothesis.settings.load_profile("ci")

# a hash takes a tenth of a second on purpose, and whoever signs in during a test pays for it
passwords._hasher = PasswordHasher.from_parameters(CHEAPEST)


def pytest_collection_finish() -> None:
    """Spare the garbage collector thousands of tests and their modules, which stay, and most of its visits."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


@pytest.fixture(autouse=True)
def root_logger() -> Iterator[None]:
    """Leave logging as it was: a command that a test runs in this process sets it up for its own files."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
