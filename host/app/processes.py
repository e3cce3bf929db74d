"""The worker process, and what a process that is supervised does beside its part."""

import gc
import os
import signal
import threading

from sqlalchemy.orm import configure_mappers

from erp_links.sync.work import DueLinks, RequestedRuns
from host.app.opening import open_runtime, wording_app
from host.database import Database
from host.jobs.worker import Worker
from host.settings import Settings
from sync_connectors.registered.work import OutdatedDeclarations

_OBJECTS_BETWEEN_COLLECTIONS = 10_000


def run_worker(settings: Settings, database: Database) -> None:
    """Do the work that waits in the database until SIGTERM or SIGINT; blocks."""
    runtime = open_runtime(settings, database)
    context = wording_app(settings).app_context
    sources = (
        OutdatedDeclarations(database, runtime.plugins),
        DueLinks(runtime, context),
        RequestedRuns(runtime, context),
    )
    spare_collections()
    worker = Worker(database, sources, poll_seconds=settings.worker_poll_seconds, threads=settings.worker_threads)
    worker.stop_on_signals()
    worker.run()


def spare_collections() -> None:
    """Let Python's garbage collector leave alone what was made at the start and stays for the life of the process.

    A page of an import makes thousands of objects, and every few pages the collector would look at all those of the
    libraries too, which took a fifth of an import.
    """
    configure_mappers()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)


def stop_with_parent() -> None:
    """Stop this process when the supervisor that holds the other end of its input is gone, however it went."""

    def wait_for_end() -> None:
        # unbuffered: a buffer that a daemon thread holds would keep the interpreter from ending
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait_for_end, name="parent", daemon=True).start()
