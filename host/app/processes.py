"""The worker process, and what a process that is supervised does beside its part."""

import gc
import os
import signal
import sys
import threading
from dataclasses import replace

from sqlalchemy.orm import configure_mappers

from erp_links.runtime import Context, LinkRuntime
from erp_links.sync.left_indexes import LeftIndexes
from erp_links.sync.pull.reading_process import reading
from erp_links.sync.work import DueLinks, RequestedRuns
from erp_links.tracing.old_traces import OldTraces
from host.app.opening import open_runtime, wording_app
from host.database import Database
from host.jobs.companion import companion
from host.jobs.worker import Worker
from host.settings import Settings
from sync_connectors.registered.work import OutdatedDeclarations

_OBJECTS_BETWEEN_COLLECTIONS = 10_000
_SECONDS_WITH_THE_LOCK = 0.0005


def run_worker(settings: Settings, database: Database, *, supervised: bool = False) -> None:
    """Do the work that waits in the database until SIGTERM or SIGINT, or the end of a supervisor; blocks."""
    context = wording_app(settings).app_context
    runtime = open_worker(settings, database, context)
    if supervised:
        # a process that has a thread already would be given no companion
        stop_with_parent()
    sources = (
        OutdatedDeclarations(database, runtime.connectors),
        DueLinks(runtime, context),
        RequestedRuns(runtime, context),
        LeftIndexes(database),
        OldTraces(database),
    )
    worker = Worker(database, sources, poll_seconds=settings.worker_poll_seconds, threads=settings.worker_threads)
    worker.stop_on_signals()
    worker.run()


def open_worker(settings: Settings, database: Database, context: Context) -> LinkRuntime:
    """Return the parts of a worker, with a process beside it that reads pages."""
    runtime = open_runtime(settings, database)
    tune_worker()
    return replace(runtime, reader=companion(reading(runtime, context), database.leave_to_parent))


def tune_worker() -> None:
    """Make this process one that takes over pages, at the end of its start.

    Python's garbage collector leaves alone what was made at the start and stays: a page of an import makes thousands of
    objects, and every few pages it would look at all those of the libraries too, which took a fifth of an import.

    Threads hand Python's lock over ten times as soon as usual: a run gives it away with each statement, and would wait
    for it while the next page is got ready, instead of for the database while that is done.
    """
    configure_mappers()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    sys.setswitchinterval(_SECONDS_WITH_THE_LOCK)


def stop_with_parent() -> None:
    """Stop this process when the supervisor that holds the other end of its input is gone, however it went."""

    def wait_for_end() -> None:
        # unbuffered: a buffer that a daemon thread holds would keep the interpreter from ending
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait_for_end, name="parent", daemon=True).start()
