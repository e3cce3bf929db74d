"""Engines and servers as child processes: started, watched, and read."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import requests

from benchmarks.engines.job import Job, Report
from benchmarks.environment import ROOT

_LOOK_SECONDS = 0.25
"""The system walks through all pages of a process for its share of them, and holds it up meanwhile."""


class EngineError(Exception):
    """An engine did not do its job; the text is what it wrote to its standard error."""


def perform_in(python: Path, module: str, job: Job) -> Report:
    """Have an engine do a job in a process of its own.

    Args:
        python: The interpreter of its environment.
        module: The engine's module.
        job: What to do.

    Raises:
        EngineError: It failed.
    """
    process = subprocess.Popen(  # noqa: S603 -- our own modules
        [python, "-m", module, job.to_argument()],
        cwd=ROOT,
        env=_environment(Path(job.folder)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with _watched(process) as peaks:
        told, errors = process.communicate()
    if process.returncode:
        raise EngineError(f"{module} {job.action}: {errors[-4000:]}")
    report = Report(**json.loads(told.splitlines()[-1]))
    return replace(report, peak_rss_mb=max(report.peak_rss_mb, *peaks, 0.0))


class ErpServer:
    """The ERP's server, in a process of its own."""

    def __init__(self, records: int) -> None:
        self._process = subprocess.Popen(  # noqa: S603 -- our own module
            [sys.executable, "-m", "benchmarks.erp.server", str(records)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        port = self._process.stdout.readline().strip() if self._process.stdout else ""
        if not port:
            raise EngineError("the server of the ERP did not start")
        self.records = records
        self.address = f"http://127.0.0.1:{port}"

    def begin(self, *, changed: bool = False, latency: float = 0.0) -> None:
        """Set the state of the ERP, and count anew what is asked."""
        order = {"changed": changed, "latency": latency}
        requests.post(f"{self.address}/control", json=order, timeout=60).raise_for_status()

    def statistics(self) -> dict[str, object]:
        """Return the requests since `begin`, how many came at once, and the processor time of the server."""
        told: dict[str, object] = requests.get(f"{self.address}/statistics", timeout=60).json()
        return told

    def close(self) -> None:
        """End the server."""
        self._process.communicate()


@contextmanager
def erp_server(records: int) -> Iterator[ErpServer]:
    """Run a server for a while."""
    server = ErpServer(records)
    yield server
    server.close()


def tieline_environment(folder: Path, url: str) -> dict[str, str]:
    """Return the environment of a Tieline process of the installation in a folder."""
    return _environment(folder) | {
        "TIELINE_DATA_FOLDER": str(folder),
        "TIELINE_DATABASE_URL": url,
        "TIELINE_PORT": "0",
        "TIELINE_OUTBOUND_ALLOW": "127.0.0.1",
    }


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment of an engine: without settings of this one, and with the plugin installed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIELINE_")}
    return kept | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(_plugin_below(folder))])}


def _plugin_below(folder: Path) -> Path:
    """Make the connector findable as an installed distribution, through an entry point below the folder."""
    site = folder / "site"
    info = site / "tieline_benchmark-1.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tieline-benchmark\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[tieline]\nbenchmark = benchmarks.erp.connector\n")
    return site


@contextmanager
def _watched(process: "subprocess.Popen[str]") -> Iterator[list[float]]:
    """Note the resident memory of a process and all below it, in MB, while it runs."""
    peaks, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(_LOOK_SECONDS):
            peaks[0] = max(peaks[0], _memory_of(process.pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peaks
    finally:
        ended.set()
        watcher.join()


def _memory_of(process_id: int) -> float:
    """Return the memory of a process tree in MB, 0 where nobody tells; what processes share counts once."""
    try:
        told = Path(f"/proc/{process_id}/smaps_rollup").read_text()
        below = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
    except (OSError, IndexError):
        return 0.0
    share = next((int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:")), 0)
    return share / 1024 + sum(_memory_of(int(child)) for child in below)
