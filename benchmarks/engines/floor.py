"""The floors: what a hand would write for this one job, with no bookkeeping at all."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import requests

from benchmarks.customers import COLUMNS, KEY_COLUMN, to_row
from benchmarks.engines.job import Job, perform

_NAMES = tuple(COLUMNS.values())
_LIST = ", ".join(_NAMES)
_UPDATES = ", ".join(f"{name} = excluded.{name}" for name in _NAMES if name != KEY_COLUMN)
_UPSERT = f"ON CONFLICT ({KEY_COLUMN}) DO UPDATE SET {_UPDATES}"


def sqlite(job: Job) -> dict[str, Any]:
    """Fetch pages, and upsert each with `executemany` in a transaction of its own."""
    connection = sqlite3.connect(job.url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    columns = ", ".join(f"{name} PRIMARY KEY" if name == KEY_COLUMN else name for name in _NAMES)
    connection.execute(f"CREATE TABLE IF NOT EXISTS customer ({columns})")
    marks = ", ".join("?" * len(_NAMES))
    statement = f"INSERT INTO customer ({_LIST}) VALUES ({marks}) {_UPSERT}"  # noqa: S608 -- names of our own
    credit = _NAMES.index("credit_limit")
    for rows in _pages(job):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(statement, [(*row[:credit], str(row[credit]), *row[credit + 1 :]) for row in rows])
        connection.execute("COMMIT")
    connection.close()
    return {}


def postgresql(job: Job) -> dict[str, Any]:
    """Fetch pages, and merge each from a temporary table that `COPY` fills, in a transaction of its own."""
    types = {"credit_limit": "numeric", "blocked": "boolean", KEY_COLUMN: "text PRIMARY KEY"}
    columns = ", ".join(f"{name} {types.get(name, 'text')}" for name in _NAMES)
    merge = f"INSERT INTO customer ({_LIST}) SELECT {_LIST} FROM page {_UPSERT}"  # noqa: S608 -- names of our own
    with psycopg.connect(job.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")  # as Tieline's pages
        connection.execute(f"CREATE TABLE IF NOT EXISTS customer ({columns})")
        connection.execute("CREATE TEMP TABLE page (LIKE customer) ON COMMIT DELETE ROWS")
        for rows in _pages(job):
            with connection.transaction(), connection.cursor() as cursor:
                with cursor.copy(f"COPY page ({_LIST}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
                cursor.execute(merge)
    return {}


def _pages(job: Job) -> Iterator[Sequence[tuple[Any, ...]]]:
    session, after = requests.Session(), 0
    session.trust_env = False
    while after is not None:
        page = session.get(f"{job.address}/customers?since={job.since}&after={after}", timeout=60).json()
        yield [tuple(to_row(record["values"]).values()) for record in page["records"]]
        after = page["next"]


if __name__ == "__main__":
    perform({"sqlite": sqlite, "postgresql": postgresql})
