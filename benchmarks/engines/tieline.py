"""Tieline itself: an installation with a link, mapping and all bookkeeping, and the code of its worker process."""

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import event, select

from benchmarks.customers import COLUMNS, KEY_COLUMN, changes, key_of
from benchmarks.engines.job import Job, perform
from benchmarks.engines.tieline_login import LOGIN, PASSWORD
from erp_links.links.activating import activate
from erp_links.links.finding import managed_link
from erp_links.links.models import ErpLink, Visibility
from erp_links.links.saving import create_link
from erp_links.links.submission import LinkSubmission, VisibilityChoice
from erp_links.mapping.full_read import FullReadReason, mark_full_read
from erp_links.mapping.models import LinkActorType
from erp_links.mapping.operations import save_mapping
from erp_links.mapping.schemas import MappingInput
from erp_links.runtime import EXTENSION, LinkRuntime
from erp_links.sync.models import Run
from erp_links.sync.requesting import Cause, request_run
from erp_links.sync.work import RequestedRuns
from host.accounts.models import Role
from host.accounts.operations import create_user
from host.app.factory import create_app
from host.app.opening import open_runtime, wording_app
from host.app.processes import spare_collections
from host.audit.doer import Doer
from host.crm import bulk
from host.crm.registry import entity_type_of
from host.crm.standard_lists import ensure_standard_lists
from host.crm.tables import table_of
from host.database import Database
from host.migrations import upgrade
from host.settings import Settings
from sync_connectors.registered.registering import register_connector

DOER = Doer(None, "benchmark", "cli")
ENTITY = "company"

WRITES = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)


def prepare(job: Job) -> dict[str, Any]:
    """Make the installation: tables, lists, a user, connector, link and mapping, all through the usual operations."""
    settings = _settings(job)
    database = Database(settings.database_url)
    upgrade(database)
    with database.writing() as session:
        ensure_standard_lists(session)
        create_user(session, DOER, login=LOGIN, name="Benchmark", password=PASSWORD, role=Role.USER)
        bulk.insert_many(session, ENTITY, job.details.get("companies", ()), "user:1", datetime.now(UTC))
    runtime = create_app(settings, database).extensions[EXTENSION]
    connector = register_connector(database, runtime.plugins, DOER, name="Benchmark", url="plugin:benchmark")
    submission = LinkSubmission(
        name="Benchmark",
        connector_id=connector.id,
        configuration={"Address": job.address},
        visibility=VisibilityChoice(Visibility.ALL),
    )
    link_id = create_link(runtime, DOER, submission).link_id
    with database.writing() as session:
        save_mapping(
            session,
            DOER,
            managed_link(session, link_id),
            MappingInput().load(_mapping(two_way=job.details.get("two_way", False))),
        )
    activate(runtime, DOER, link_id)
    return {}


def run(job: Job) -> dict[str, Any]:
    """Execute one run as a worker does."""
    with _installed(job) as (runtime, source):
        return _run(runtime, source)


def run_again(job: Job) -> dict[str, Any]:
    """Execute a run in a worker that has just executed one; with `changed` the ERP changes in between."""
    with _installed(job) as (runtime, source):
        _run(runtime, source)
        if job.details["changed"]:
            order = {"changed": True, "latency": 0.0}
            requests.post(f"{job.address}/control", json=order, timeout=60).raise_for_status()
        return _run(runtime, source)


def reread(job: Job) -> dict[str, Any]:
    """Execute one run that reads everything again."""
    with _installed(job) as (runtime, source):
        with runtime.database.writing() as session:
            mark_full_read(session.scalars(select(LinkActorType)).one(), FullReadReason.ACTIVATION)
        return _run(runtime, source)


def push(job: Job) -> dict[str, Any]:
    """Let a user change one record in a hundred of the hub, then execute one run."""
    with _installed(job) as (runtime, source):
        keys = [key_of(number) for number in range(job.details["records"]) if changes(number)]
        table = table_of(ENTITY)
        with runtime.database.writing() as session:
            ids = session.scalars(select(table.c.id).where(table.c[KEY_COLUMN].in_(keys)))
            changed = [(record_id, {"phone": f"+46 {record_id:08d}"}) for record_id in ids]
            bulk.update_many(session, ENTITY, changed, "user:1", datetime.now(UTC))
        return _run(runtime, source)


@contextmanager
def _installed(job: Job) -> Iterator[tuple[LinkRuntime, RequestedRuns]]:
    """Yield the parts of a worker process that has looked for work and found none yet."""
    settings = _settings(job)
    runtime = open_runtime(settings, Database(settings.database_url))
    source = RequestedRuns(runtime, wording_app(settings).app_context)
    spare_collections()
    source.work(threading.Event())
    yield runtime, source
    runtime.database.close()


def _run(runtime: LinkRuntime, source: RequestedRuns) -> dict[str, Any]:
    with runtime.database.writing() as session:
        link_id = session.scalars(select(ErpLink.id)).one()
        run_id = request_run(session, link_id, Cause.COMMAND, DOER).id
    with _written(runtime.database) as written:
        began, cpu = time.perf_counter(), time.process_time()
        source.work(threading.Event())
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    with runtime.database.reading() as session:
        ended = session.get_one(Run, run_id)
        if ended.outcome != "success":
            raise SystemExit(f"the run ended as {ended.outcome}: {ended.message} {ended.technical}")
        return {"seconds": seconds, "cpu_seconds": cpu, "counts": ended.counts, "written": dict(written)}


@contextmanager
def _written(database: Database) -> Iterator[Counter[str]]:
    """Count the writing statements by table."""
    written: Counter[str] = Counter()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        found = WRITES.match(statement)
        if found:
            written[found[1].lower()] += 1

    event.listen(database.engine, "before_cursor_execute", note)
    yield written
    event.remove(database.engine, "before_cursor_execute", note)


def _settings(job: Job) -> Settings:
    return Settings(data_folder=Path(job.folder), database_url=job.url, outbound_allow=("127.0.0.1",))


def _mapping(*, two_way: bool) -> dict[str, Any]:
    """Map every field into the hub, and where it is asked for back to the ERP too."""
    by_column = {field.column: field.key for field in entity_type_of(ENTITY).fields}
    fields = [
        {"key": key, "crm_field": by_column[column], "to_crm": True, "to_erp": two_way}
        for key, column in COLUMNS.items()
    ]
    customers = {
        "name": "Customer",
        "active": True,
        "entity_type": ENTITY,
        "unpaired_pull": "create",
        "match_fields": [KEY_COLUMN],
        "fields": fields,
    }
    return {"actor_types": [customers]}


if __name__ == "__main__":
    perform({"prepare": prepare, "run": run, "run_again": run_again, "reread": reread, "push": push})
