import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import create_engine, inspect

from host.database import Database

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


def run_without_server(ci: str) -> str:
    environment = {**os.environ, "CI": ci, "TIELINE_TEST_POSTGRES_URL": "postgresql+psycopg://nobody@127.0.0.1:9/none"}
    chosen = f"{Path(__file__)}::test_an_empty_test_database_has_no_table"
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", chosen]
    return subprocess.run(command, env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=False).stdout


def test_without_a_server_its_tests_are_skipped_with_the_reason() -> None:
    output = run_without_server(ci="")
    assert "1 passed, 1 skipped" in output
    assert "no PostgreSQL server at" in output


def test_without_a_server_its_tests_fail_where_ci_runs() -> None:
    output = run_without_server(ci="true")
    assert "1 passed, 1 error" in output
    assert "skipped under CI although it needs postgresql" in output
