"""Opening the database, and its two kinds of transaction."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from flask import current_app
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from host.database.json_texts import dump_json, load_json
from host.database.types import EXACT_DECIMAL_COLLATION, compare_decimals

EXTENSION = "tieline_database"
BUSY_TIMEOUT_SECONDS = 30
_CHECKPOINT_PAGES = 4000
_REST_SECONDS = 1.0
"""A connection that lay unused for longer is asked whether it still holds."""
_USED_AT = "tieline_used_at"


class Database:
    """An engine with the transaction rules of the sync engine.

    Readers never take the write lock. Writers take it at once (`BEGIN IMMEDIATE`) on SQLite, because a reader that
    turns writer in the middle of its transaction fails there with "database is locked" instead of waiting.

    Attributes:
        engine: The SQLAlchemy engine, for migrations and bulk work.
        url: The database URL with its password hidden, fit for messages.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.url = parsed.render_as_string(hide_password=True)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgresql_engine(url)
        self._writing_engine = self.engine.execution_options(tieline_writing=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session for one consistent look at the data; what it changes is thrown away."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield a session that commits when the block ends and rolls back when it raises."""
        with Session(self._writing_engine, expire_on_commit=False) as session, session.begin():
            if self.is_sqlite:
                session.connection()  # begins now, so that a writer waits here and not at its first write
            yield session

    def close(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()

    def leave_to_parent(self) -> None:
        """Forget the pooled connections in a process that was forked: they are its parent's, and stay open there."""
        self.engine.dispose(close=False)


def _postgresql_engine(url: str) -> Engine:
    engine = create_engine(url, pool_size=10, json_serializer=dump_json, json_deserializer=load_json)

    @event.listens_for(engine, "connect")
    def prepare(dbapi_connection: Any, _record: object) -> None:
        # a plan that is kept was made while an import had filled little of the table, and reads all of it ever after
        with dbapi_connection.cursor() as cursor:
            cursor.execute("SET plan_cache_mode = force_custom_plan")
        dbapi_connection.commit()

    @event.listens_for(engine, "checkin")
    def lay_down(_dbapi_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[_USED_AT] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def take_up(dbapi_connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        # the server may have been restarted since; asking each time would be one statement more per transaction
        now = time.monotonic()
        if now - record.info.get(_USED_AT, now) < _REST_SECONDS:
            return
        try:
            engine.dialect.do_ping(dbapi_connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    return engine


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS},
        json_serializer=dump_json,
        json_deserializer=load_json,
    )

    @event.listens_for(engine, "connect")
    def prepare(dbapi_connection: Any, _record: object) -> None:
        # the driver's own transaction control would begin late and deferred
        dbapi_connection.isolation_level = None
        dbapi_connection.create_collation(EXACT_DECIMAL_COLLATION, compare_decimals)
        cursor = dbapi_connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        # an import touches most pages of the indexes over and over, so they go to the file less often
        cursor.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("tieline_writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def current_database() -> Database:
    """Return the database of the running Flask application."""
    return cast(Database, current_app.extensions[EXTENSION])
