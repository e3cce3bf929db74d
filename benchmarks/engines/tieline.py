"""Tieline itself: an installation with a link, mapping and all bookkeeping, and the code of its worker process."""

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import event, select

from benchmarks.customers import KEY_COLUMN, changes, key_of
from benchmarks.engines.job import Job, perform
from erp_links.links.models import ErpLink
from erp_links.mapping.full_read import FullReadReason, mark_full_read
from erp_links.mapping.models import LinkActorType
from erp_links.runtime import LinkRuntime
from erp_links.sync.models import Run
from erp_links.sync.requesting import Cause, request_run
from erp_links.sync.work import RequestedRuns
from host.app.opening import wording_app
from host.app.processes import open_worker
from host.audit.doer import Doer
from host.crm import bulk
from host.crm.tables import table_of
from host.database import Database
from host.settings import Settings

DOER = Doer(None, "benchmark", "cli")
ENTITY = "company"

WRITES = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)


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
    """Let a user change one record in a hundred of the hub, then execute a run in a worker that has just pushed one."""
    with _installed(job) as (runtime, source):
        _change(runtime.database, [key_of(0)])
        _run(runtime, source)
        _change(runtime.database, [key_of(number) for number in range(job.details["records"]) if changes(number)])
        order = {"changed": False, "latency": job.details["latency"]}
        requests.post(f"{job.address}/control", json=order, timeout=60).raise_for_status()
        return _run(runtime, source)


def _change(database: Database, keys: Sequence[str]) -> None:
    table = table_of(ENTITY)
    with database.writing() as session:
        ids = session.scalars(select(table.c.id).where(table.c[KEY_COLUMN].in_(keys)))
        changed = [(record_id, {"phone": f"+46 {record_id:08d}"}) for record_id in ids]
        bulk.update_many(session, ENTITY, changed, "user:1", datetime.now(UTC))


@contextmanager
def _installed(job: Job) -> Iterator[tuple[LinkRuntime, RequestedRuns]]:
    """Yield the parts of a worker process that has looked for work and found none yet."""
    settings = settings_of(job)
    context = wording_app(settings).app_context
    runtime = open_worker(settings, Database(settings.database_url), context)
    source = RequestedRuns(runtime, context)
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


def settings_of(job: Job) -> Settings:
    """Return the settings of the installation."""
    return Settings(data_folder=Path(job.folder), database_url=job.url, outbound_allow=("127.0.0.1",))


if __name__ == "__main__":
    perform({"run": run, "run_again": run_again, "reread": reread, "push": push})
