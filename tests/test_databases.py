from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from host.database import Database

pytest_plugins = ["pytester"]

CHECKOUT = Path(__file__).parents[1]


def test_a_test_database_has_tables_and_belongs_to_the_test_alone(database: Database) -> None:
    with database.writing() as session:
        tables = inspect(session.connection()).get_table_names()
        session.connection().exec_driver_sql("CREATE TABLE made_by_a_test (id INTEGER)")
    assert "made_by_a_test" not in tables
    assert "user_account" in tables


def test_an_empty_test_database_has_no_table(empty_database_url: str) -> None:
    engine = create_engine(empty_database_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


@pytest.fixture
def told_without_server(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Runs a test for each kind of database where there is no server, under CI or not, and returns what is told."""
    monkeypatch.setattr("tests.databases.POSTGRES_URL", "postgresql+psycopg://nobody@127.0.0.1:9/none")
    pytester.makeconftest((CHECKOUT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\nmarkers =\n    postgresql: needs a server\n")
    pytester.makepyfile("def test_both(empty_database_url): pass")

    def told(ci: str) -> str:
        monkeypatch.setenv("CI", ci)
        return str(pytester.runpytest_inprocess("-rs", "-n0", "-p", "no:cacheprovider").stdout)

    return told


def test_without_a_server_its_tests_are_skipped_with_the_reason(told_without_server: Callable[[str], str]) -> None:
    output = told_without_server("")
    assert "1 passed, 1 skipped" in output
    assert "no PostgreSQL server at" in output


def test_without_a_server_its_tests_fail_where_ci_runs(told_without_server: Callable[[str], str]) -> None:
    output = told_without_server("true")
    assert "1 passed, 1 error" in output
    assert "skipped under CI although it needs postgresql" in output
