"""A connector that takes calls and never answers slows no other link, no page that does not need it, and no stop."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import Self

import pytest
from sqlalchemy import select

from erp_links.links.models import ErpLink
from erp_links.runtime import LinkRuntime
from erp_links.sync.executor import RunExecutor
from erp_links.sync.models import Run, RunStatus
from erp_links.sync.requesting import Cause, request_run
from erp_links.sync.work import RequestedRuns
from host.accounts.models import Role
from host.app import create_app
from host.jobs.worker import Worker
from host.secrets import SecretStore
from sync_connectors.guarding import halting
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.work import OutdatedDeclarations
from tests.accounts import client_of, make_user
from tests.emulators.canned_server import CannedServer
from tests.erp_links.sync.stage import IDA, Stage
from tests.erp_links.sync.test_endings import ready

PATIENCE_SECONDS = 60


@pytest.fixture
def silent():
    with CannedServer(None) as server:
        yield server


@pytest.fixture
def stage(sqlite_stage: Stage, silent: CannedServer) -> Stage:
    """An active link whose connector has become a server that never answers."""
    ready(sqlite_stage)
    patient = {"sync_call_seconds": 3600, "connector_call_seconds": 3600}
    settings = replace(sqlite_stage.runtime.settings, outbound_allow=("127.0.0.0/8",), **patient)
    runtime = sqlite_stage.runtime
    runtime = LinkRuntime(runtime.database, runtime.plugins, settings, runtime.secret_box)
    with runtime.database.writing() as session:
        row = session.scalars(select(SyncConnector)).one()
        row.url, row.speaks = silent.address, "json"
    return replace(sqlite_stage, runtime=runtime)


def second_link(stage: Stage) -> int:
    """A link on a connector that works, which has nothing to do."""
    now = datetime.now(UTC)
    with stage.database.writing() as session:
        first = session.get_one(ErpLink, stage.link_id)
        connector = SyncConnector(
            name="Plain in process", url="plugin:plain-erp", declaration=first.connector.declaration, created_at=now
        )
        session.add(connector)
        session.flush()
        link = ErpLink(
            guid="7f9d5c4e-0000-4000-8000-000000000002",
            name="Second",
            connector_id=connector.id,
            state=first.state,
            visibility=first.visibility,
            configuration=first.configuration,
            tested_url_revision=1,
            created_at=now,
            updated_at=now,
        )
        session.add(link)
        session.flush()
        SecretStore(session, stage.runtime.secret_box).write(f"erp_link:{link.id}", {"Password": stage.server.password})
        return link.id


def outcome(stage: Stage, link_id: int) -> tuple[str, str | None]:
    with stage.database.reading() as session:
        run = session.scalars(select(Run).where(Run.link_id == link_id)).one()
        return run.status, run.outcome


class Working:
    """A worker on a thread; it is stopped, and has to end, at the end of the block."""

    def __init__(self, stage: Stage, *sources: object) -> None:
        self.worker = Worker(stage.database, sources, poll_seconds=0.05, threads=2)
        self.thread = threading.Thread(target=self.worker.run, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.worker.stop()
        self.thread.join(PATIENCE_SECONDS)
        assert not self.thread.is_alive()


def test_another_link_runs_and_the_worker_stops_while_a_connector_keeps_silent(
    stage: Stage, silent: CannedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(halting, "GRACE_SECONDS", 0.0)
    other, finishing = second_link(stage), threading.Event()
    stage.request()
    executor = RunExecutor(stage.runtime, lambda point: finishing.set() if point == "run about to finish" else None)
    with Working(stage, RequestedRuns(stage.runtime, executor=executor)):
        assert silent.asked.wait(PATIENCE_SECONDS)
        with stage.database.writing() as session:
            request_run(session, other, Cause.PERSON, IDA)
        assert finishing.wait(PATIENCE_SECONDS)
        assert outcome(stage, stage.link_id) == ("running", None)
    assert outcome(stage, other) == ("finished", "success")
    assert outcome(stage, stage.link_id) == (RunStatus.QUEUED, None)


def test_a_declaration_that_does_not_come_holds_up_neither_work_nor_stop(
    stage: Stage, silent: CannedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(halting, "GRACE_SECONDS", 0.0)
    other, finishing = second_link(stage), threading.Event()
    executor = RunExecutor(stage.runtime, lambda point: finishing.set() if point == "run about to finish" else None)
    sources = (
        OutdatedDeclarations(stage.database, stage.runtime.connectors),
        RequestedRuns(stage.runtime, executor=executor),
    )
    with Working(stage, *sources):
        assert silent.asked.wait(PATIENCE_SECONDS)
        with stage.database.writing() as session:
            request_run(session, other, Cause.PERSON, IDA)
        assert finishing.wait(PATIENCE_SECONDS)


def test_pages_of_a_link_and_its_connector_call_nobody_and_go_on_while_another_page_waits(
    stage: Stage, silent: CannedServer
) -> None:
    app = create_app(stage.runtime.settings, stage.database, stage.runtime.plugins)
    app.config["WTF_CSRF_ENABLED"] = False
    administrator = make_user(stage.database, "ida", Role.ADMINISTRATOR)
    pages = (
        "/",
        "/settings/sync",
        "/settings/sync/connectors/1",
        f"/settings/sync/links/{stage.link_id}",
        "/companies",
        f"/companies/{stage.add('company', name='Nordwind')}",
    )
    page = client_of(app, administrator)

    def all_answer() -> None:
        assert {path: page.get(path, follow_redirects=True).status_code for path in pages} == dict.fromkeys(pages, 200)

    all_answer()
    assert silent.requests == []
    waiting = threading.Thread(
        target=client_of(app, administrator).post, args=("/settings/sync/connectors/1/refresh",), daemon=True
    )
    waiting.start()
    assert silent.asked.wait(PATIENCE_SECONDS)
    all_answer()
    assert waiting.is_alive()
    silent.close()
    waiting.join(PATIENCE_SECONDS)
    assert not waiting.is_alive()
