"""Fresh target databases, and a look at what an engine has put into them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import make_url

from benchmarks.customers import COLUMNS, KEY_COLUMN, checksum


@contextmanager
def sqlite_target(folder: Path) -> Iterator[str]:
    """Yield the URL of a SQLite database in WAL mode, which stays so for whoever opens it."""
    path = folder / "target.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    yield f"sqlite:///{path}"


class PostgresTargets:
    """Databases on one PostgreSQL server.

    Attributes:
        fault: Why the server cannot be used; empty where it can.
        version: What the server says of itself.
    """

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self.fault = self.version = ""
        try:
            with self._connect() as connection:
                self.version = str(connection.execute("SHOW server_version").fetchone()[0])  # type: ignore[index] # one row
        except psycopg.OperationalError as error:
            self.fault = f"no PostgreSQL server at {self._url!r}: {str(error).strip()}"

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Yield the URL of an empty database, which is dropped afterwards."""
        name = f"tieline_benchmark_{uuid4().hex[:8]}"
        with self._connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            yield self._url.set(database=name).render_as_string(hide_password=False)
        finally:
            with self._connect() as connection:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _connect(self) -> "psycopg.Connection[Any]":
        plain = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(plain, autocommit=True, connect_timeout=3)


def content_of(url: str, table: str) -> tuple[int, str]:
    """Return the number of customers in a target, and the checksum over their columns."""
    statement = f"SELECT {', '.join(COLUMNS.values())} FROM {table} ORDER BY {KEY_COLUMN}"  # noqa: S608 -- names of our own
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as opened:
            return checksum(iter(opened.execute(statement)))
    with psycopg.connect(url.replace("+psycopg", "")) as connection, connection.cursor("content") as cursor:
        cursor.itersize = 5000
        cursor.execute(f'{statement} COLLATE "C"')
        return checksum(iter(cursor))
