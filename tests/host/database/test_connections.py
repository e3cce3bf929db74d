"""Connections that the server has closed meanwhile."""

import pytest
from sqlalchemy import select, text

from host.accounts.models import User
from host.database import Database
from host.database import database as opening


def end_others(database: Database) -> None:
    """End all connections of the pool, as a restart of the server does."""
    with database.engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        connection.invalidate()


def test_a_connection_that_rested_is_replaced_when_the_server_has_closed_it(
    postgres_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres_database.reading() as session, postgres_database.reading() as other:
        session.execute(select(User.id))
        other.execute(select(User.id))
    end_others(postgres_database)
    monkeypatch.setattr(opening, "_REST_SECONDS", 0.0)
    with postgres_database.reading() as session:
        assert session.execute(select(User.id)).all() == []


@pytest.mark.parametrize(("rest", "asked"), [(0.0, 1), (1000.0, 0)])
def test_a_connection_that_was_just_used_is_not_asked_whether_it_holds(
    postgres_database: Database, monkeypatch: pytest.MonkeyPatch, rest: float, asked: int
) -> None:
    with postgres_database.reading() as session:
        session.execute(select(User.id))
    pings: list[object] = []
    monkeypatch.setattr(opening, "_REST_SECONDS", rest)
    monkeypatch.setattr(postgres_database.engine.dialect, "do_ping", pings.append)
    with postgres_database.reading() as session:
        session.execute(select(User.id))
    assert len(pings) == asked
