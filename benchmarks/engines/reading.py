"""Reading all customers through the contract, and nothing else: the connector in this process, or behind a server."""

import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.engines.job import Job, perform
from benchmarks.erp.connector import TYPE, BenchmarkErp
from host.app.processes import tune_worker
from host.settings import Settings
from sync_connectors import Connector
from sync_connectors.guarding import GuardedConnector
from sync_connectors.json_protocol.client import RemoteConnector
from sync_connectors.services import HostServices

_GUID = "7f9d5c4e-0000-4000-8000-000000000001"
_SECONDS = 300.0


def in_process(job: Job) -> dict[str, Any]:
    """Read through the plugin."""
    return _read(BenchmarkErp(), job)


def remote(job: Job) -> dict[str, Any]:
    """Read through the server at `details["served"]`, which has the same plugin."""
    return _read(RemoteConnector(job.details["served"], "", _settings(job)), job)


def _read(connector: Connector, job: Job) -> dict[str, Any]:
    guarded, configuration = GuardedConnector(connector), {"Address": job.address}
    services = HostServices(_settings(job), ZoneInfo("UTC"), _SECONDS)
    tune_worker()
    guarded.save_link(_GUID, configuration, services)
    with guarded.open(_GUID, configuration, services) as session:
        fields = [field.key for field in session.fields(TYPE)]
        began, processor = time.perf_counter(), time.process_time()
        count = sum(len(page.actors) for page in session.changes(TYPE, None, None, fields))
        return {
            "seconds": time.perf_counter() - began,
            "cpu_seconds": time.process_time() - processor,
            "records": count,
        }


def _settings(job: Job) -> Settings:
    return Settings(data_folder=Path(job.folder), outbound_allow=("127.0.0.1",))


if __name__ == "__main__":
    perform({"in_process": in_process, "remote": remote})
