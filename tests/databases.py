"""Databases for the tests: each test gets its own, copied from a template that was migrated once per worker."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Dialect, Engine, NullPool, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError

from host.database import Database
from host.migrations import upgrade

POSTGRES_URL = os.environ.get("TIELINE_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")


EMPTY = """
DO $$
DECLARE
    found record;
    filled boolean;
BEGIN
    SET LOCAL session_replication_role = replica;  -- foreign keys need no order when everything goes
    FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', found.tablename) INTO filled;
        IF filled THEN
            EXECUTE format('DELETE FROM %I', found.tablename);
        END IF;
    END LOOP;
    FOR found IN SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', found.sequencename);
    END LOOP;
END $$
"""
"""Deletes all rows and lets all sequences begin again."""


class SqliteDatabases:
    """Makes SQLite databases below one folder."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.db"
        self._folder = folder

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Yield the URL of a database without any table."""
        path = self._folder / f"{uuid4().hex}.db"
        yield f"sqlite:///{path}"
        for leftover in self._folder.glob(f"{path.name}*"):
            leftover.unlink()

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """Yield the URL of a database with Tieline's tables and nothing in them."""
        if not self._template.exists():
            migrate(f"sqlite:///{self._template}")
        with self.empty() as url:
            shutil.copyfile(self._template, str(make_url(url).database))
            yield url


class PostgresDatabases:
    """Makes PostgreSQL databases on the server of the tests, named after this run.

    To create and drop a database makes the server flush files, about a second on a busy disk, so one with Tieline's
    tables is emptied and used again. One whose tables or indexes a test changed is dropped.
    """

    def __init__(self) -> None:
        self._run = uuid4().hex[:8]
        self._template = ""
        self._relations: frozenset[tuple[str, str]] = frozenset()
        self._free: list[str] = []
        self._server = create_engine(POSTGRES_URL, isolation_level="AUTOCOMMIT")

    @contextmanager
    def empty(self, template: str = "template0") -> Iterator[str]:
        """Yield the URL of a database without any table, or of a copy of `template`."""
        name = self._create(template)
        try:
            yield self._url_of(name)
        finally:
            self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """Yield the URL of a database with Tieline's tables and nothing in them."""
        if not self._template:
            name = self._create("template0")
            migrate(self._url_of(name))
            self._template = name
            with self._connected(name) as connection:
                self._relations = relations_of(connection)
        name = self._free.pop() if self._free else self._create(self._template)
        # a test that dies waits for no disk, and none looks at what a power cut leaves
        self._execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        try:
            yield self._url_of(name)
        finally:
            if self._emptied(name):
                self._free.append(name)
            else:
                self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def close(self) -> None:
        """Drop what was made and let go of the server."""
        for name in filter(None, [self._template, *self._free]):
            self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        self._server.dispose()

    def _emptied(self, name: str) -> bool:
        """Bring a database back to how a migration leaves it; return False if that takes more than emptying it."""
        with self._server.connect() as server:
            server.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
            )
        with self._connected(name) as connection:
            if relations_of(connection) != self._relations:
                return False
            connection.execute(text(EMPTY))
        return True

    @contextmanager
    def _connected(self, name: str) -> Iterator[Connection]:
        engine = create_engine(self._url_of(name), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            yield connection

    def _create(self, template: str) -> str:
        name = f"tieline_test_{self._run}_{uuid4().hex[:8]}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def _url_of(self, name: str) -> str:
        return make_url(POSTGRES_URL).set(database=name).render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        with self._server.connect() as connection:
            connection.exec_driver_sql(statement)


def relations_of(connection: Connection) -> frozenset[tuple[str, str]]:
    """Return names and kinds of the tables, indexes and sequences of a database."""
    rows = connection.exec_driver_sql(
        "SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    )
    return frozenset((name, kind) for name, kind in rows)


def migrate(url: str) -> None:
    """Make Tieline's tables as an administrator makes them."""
    database = Database(url)
    upgrade(database)
    database.close()


def postgres_fault() -> str:
    """Return why no PostgreSQL server can be used, or an empty text."""
    engine: Engine = create_engine(POSTGRES_URL, connect_args={"connect_timeout": 30})
    try:
        with engine.connect():
            return ""
    except OperationalError as error:
        return f"no PostgreSQL server at {engine.url!r}: {str(error.orig).strip()}"
    finally:
        engine.dispose()


_dialects: dict[bool, Dialect] = {}
_statements: dict[Any, Any] = {}


def open_once_more(url: str) -> Database:
    """Open a database for a test, or for a child process of one; the caller closes it.

    A process has one engine, which makes each statement once; a process of tests has one for each test. They share
    what is made, which is a quarter of the time of most tests, and a test that dies waits for no disk.
    """
    database = Database(url)
    database.engine.dialect = _dialects.setdefault(database.is_sqlite, database.engine.dialect)
    if database.is_sqlite:
        event.listen(database.engine, "connect", _wait_for_no_disk)
    database.engine.update_execution_options(compiled_cache=_statements)
    database._writing_engine = database.engine.execution_options(tieline_writing=True)
    return database


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a database for a test, and close it at the end of the block."""
    database = open_once_more(url)
    yield database
    database.close()


def _wait_for_no_disk(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[PostgresDatabases]:
    fault = postgres_fault()
    if fault:
        pytest.skip(fault)
    databases = PostgresDatabases()
    yield databases
    databases.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def databases(request: pytest.FixtureRequest) -> SqliteDatabases | PostgresDatabases:
    """The maker of databases, once for each kind that Tieline runs on."""
    makers = {"sqlite": "sqlite_databases", "postgresql": "postgres_databases"}
    maker: SqliteDatabases | PostgresDatabases = request.getfixturevalue(makers[request.param])
    return maker


@pytest.fixture
def empty_database_url(databases: SqliteDatabases | PostgresDatabases) -> Iterator[str]:
    """The URL of a database without tables; the test runs once for each kind."""
    with databases.empty() as url:
        yield url


@pytest.fixture
def database(databases: SqliteDatabases | PostgresDatabases) -> Iterator[Database]:
    """A migrated, empty database of the test's own; the test runs once for each kind."""
    with databases.migrated() as url, opened(url) as database:
        yield database


@pytest.fixture
def sqlite_database(sqlite_databases: SqliteDatabases) -> Iterator[Database]:
    """A migrated, empty SQLite database, for tests of what does not hang on the kind of database."""
    with sqlite_databases.migrated() as url, opened(url) as database:
        yield database


@pytest.fixture
def postgres_database(postgres_databases: PostgresDatabases) -> Iterator[Database]:
    """A migrated, empty PostgreSQL database, for tests of what SQLite does not have."""
    with postgres_databases.migrated() as url, opened(url) as database:
        yield database
