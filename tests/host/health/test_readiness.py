"""What whoever watches the processes is told, and that it is true."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from host.app import create_app
from host.database import Database
from host.jobs.clock import read_clock
from host.jobs.models import WorkerProcess
from host.jobs.presence import SILENT_SECONDS, appear, disappear
from host.secrets import SecretBox, SecretStore
from host.secrets.keys import new_key
from host.settings import Settings

FINE = {"database": "ok", "migrations": "ok", "key": "ok", "worker": "ok"}


@pytest.fixture
def app(database: Database, tmp_path) -> Flask:
    with database.writing() as session:
        appear(session, "w1")
    return create_app(Settings(data_folder=tmp_path), database)


def asked(app: Flask, path: str = "/readyz") -> tuple[int, dict]:
    answer = app.test_client().get(path)
    return answer.status_code, answer.json


def test_everything_in_order_is_ready_and_nothing_needs_a_sign_in(app: Flask) -> None:
    assert asked(app) == (200, {"status": "ready", "checks": FINE})
    assert asked(app, "/healthz") == (200, {"status": "ok"})


def test_no_worker_or_a_silent_one_is_not_ready(app: Flask, database: Database) -> None:
    with database.writing() as session:
        silent = read_clock(session) - timedelta(seconds=SILENT_SECONDS + 1)
        session.execute(update(WorkerProcess).values(heartbeat_at=silent))
    told = (503, {"status": "not ready", "checks": FINE | {"worker": "no worker process is alive"}})
    assert asked(app) == told
    with database.writing() as session:
        disappear(session, "w1")
    assert asked(app) == told


def test_a_lost_key_is_counted_and_names_no_secret(app: Flask, database: Database) -> None:
    with database.writing() as session:
        SecretStore(session, SecretBox([new_key()])).write("erp_link:1", {"Password": "hush", "Token": "hush"})
    status, told = asked(app)
    assert (status, told["checks"]) == (503, FINE | {"key": "the key of 2 secrets is lost"})


def test_tables_of_another_version_are_not_ready(empty_database_url: str, tmp_path) -> None:
    empty = Database(empty_database_url)
    status, told = asked(create_app(Settings(data_folder=tmp_path), empty))
    empty.close()
    assert status == 503
    assert told["checks"]["migrations"] == "the tables are of another version, run `tieline db upgrade`"


def test_a_lost_database_is_not_ready_and_the_process_is_alive(
    sqlite_database: Database, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(Settings(data_folder=tmp_path), sqlite_database)

    def refuse(*_arguments: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("secret words of the server"))

    monkeypatch.setattr(sqlite_database.engine, "connect", refuse)
    status, told = asked(app)
    assert (status, told["checks"]["database"]) == (503, "cannot be reached")
    assert "secret words" not in str(told)
    assert asked(app, "/healthz") == (200, {"status": "ok"})
