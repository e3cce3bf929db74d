"""A whole run against a server that misbehaves: its outcome, nothing half-written, and all well when it is healed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from erp_links.links.models import ErpLink
from erp_links.runtime import LinkRuntime
from erp_links.sync.models import FailedRecord, Intent, Run
from host.app.tables import metadata
from host.database import Database
from host.jobs.clock import read_clock
from host.settings import Settings
from sync_connectors.loading import Plugins, load_plugins
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.token import write_token
from tests.emulators.plain_erp import installed
from tests.emulators.plain_server import PlainServer
from tests.erp_links.sync.stage import Stage, set_up
from tests.hostile.cases import CASES, QUICK, SLOW, STREAM_CASES, Case
from tests.hostile.conftest import singing
from tests.hostile.leftovers import nothing_left
from tests.hostile.server import PASSWORD, TOKEN, HostileProcess

MAPPED = {"NAME": "name", "CREDIT": "credit_limit", "OURREF": "number"}


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugins]:
    """Plain ERP as an installed plugin, whose declaration the hostile server has."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        installed(tmp_path_factory.mktemp("site"), monkeypatch)
        yield load_plugins(Settings(data_folder=tmp_path_factory.mktemp("data")))


@pytest.fixture
def stage(plugins: Plugins, sqlite_database: Database, settings: Settings, server: HostileProcess) -> Stage:
    """An active link whose connector is the hostile server."""
    made = set_up(sqlite_database, settings, plugins, PlainServer("nordwind", password=PASSWORD))
    with sqlite_database.writing() as session:
        row = session.scalars(select(SyncConnector)).one()
        row.url = f"json+{server.url}"
        write_token(session, made.runtime.secret_box, row.id, TOKEN)
    made.map("Customer", MAPPED, two_way=["NAME"], push="create")
    return made


def hasty(stage: Stage, case: Case) -> Stage:
    """Return the stage with the deadlines of a case."""
    seconds = SLOW if case.seconds == SLOW else QUICK
    settings = replace(stage.runtime.settings, sync_call_seconds=seconds, connector_call_seconds=seconds)
    former = stage.runtime
    return replace(stage, runtime=LinkRuntime(former.database, former.plugins, settings, former.secret_box))


def retire(*stages: Stage) -> None:
    """Let go of the threads and connections of runtimes, as the end of their process does."""
    for stage in stages:
        for _of, remote, guard in stage.runtime.connectors._remotes._kept.values():
            guard.retire()
            remote.close()


def heal(stage: Stage, server: HostileProcess) -> Run:
    """Let the server behave and an administrator resume the link; run it when everything is due again."""
    server.behave()
    with stage.database.writing() as session:
        past = read_clock(session) - timedelta(seconds=1)
        session.execute(update(ErpLink).values(paused_reason=None))
        session.execute(update(FailedRecord).where(FailedRecord.retry_at.is_not(None)).values(retry_at=past))
    run = stage.run()
    assert (run.outcome, run.message) == ("success", ""), (run.outcome, run.message, run.technical)
    return run


def names(stage: Stage) -> list[str]:
    return sorted(row["name"] for row in stage.hub())


def erp_names(server: HostileProcess) -> list[str]:
    return sorted(record["NAME"] for record in server.records("Customer").values())


def assert_told(stage: Stage, case: Case, run: Run) -> None:
    """Look at how a run ended that met a case."""
    outcome, pause = case.run
    assert (run.outcome, run.error_class != "InternalError") == (outcome, True), (run.outcome, run.message)
    assert (stage.link().paused_reason or "") == pause
    if case.error is not None:
        told = case.words in run.message or (case.seconds == SLOW and "did not answer within" in run.message)
        assert told, run.message
        assert run.instruction
    if outcome == "aborted":
        assert stage.link().next_run_at > run.finished_at
    # what the run, its log and all tables say
    with stage.database.reading() as session:
        stored = [repr(tuple(row)) for table in metadata.sorted_tables for row in session.execute(select(table))]
    assert singing("".join(stored)) == []


OFTEN = frozenset(
    {
        "never",
        "gzip bomb",
        "a member twice",
        "401",
        "429 for 1e30 seconds",
        "two answers to one call",
        "cut in the middle",
        "does it and resets",
        "repeats secrets in a refusal",
        "pages out of order",
        "pages that overlap",
        "a cursor that never advances",
        "no end",
        "decimal of 1e1000000000",
    }
)
"""At least one of each end of a run; what the others are for a call, which is tried always, they are for a run."""


def chosen(*cases: Case) -> list[Any]:
    return [pytest.param(case, id=case.name, marks=() if case.name in OFTEN else pytest.mark.long) for case in cases]


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("case", chosen(*CASES, *STREAM_CASES))
def test_a_pull_takes_over_whole_pages_or_nothing(case: Case, stage: Stage, server: HostileProcess) -> None:
    hurried = hasty(stage, case)
    with nothing_left(case.megabytes + 60.0, 30.0):
        server.misbehave(case.name, "changes")
        run = hurried.run()
        assert_told(stage, case, run)
        told = erp_names(server)
        assert set(names(stage)) <= set(told)
        assert len(stage.pairings()) == len(stage.hub()) in {0, 10, 20, 25}
        assert len(names(stage)) == 25 or case.error is not None
        heal(stage, server)
        retire(stage, hurried)
    assert names(stage) == told == erp_names(server)
    assert len(stage.log("created")) == 25
    assert stage.failed() == []


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("case", chosen(*CASES))
def test_what_is_pushed_is_there_once_when_the_server_is_healed(
    case: Case, stage: Stage, server: HostileProcess
) -> None:
    hurried = hasty(stage, case)
    with nothing_left(case.megabytes + 60.0, 30.0):
        heal(stage, server)
        changed = stage.hub()[3]
        stage.edit("company", changed["id"], name="Changed here")
        stage.add("company", name="New here")
        server.misbehave(case.name, "create", "save")
        run = hurried.run()
        assert_told(stage, case, run)
        heal(stage, server)
        retire(stage, hurried)
    told = erp_names(server)
    assert told == names(stage)
    assert (told.count("New here"), told.count("Changed here"), len(told)) == (1, 1, 26)
    with stage.database.reading() as session:
        assert session.scalars(select(Intent)).all() == []
