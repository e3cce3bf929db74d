"""What the JSON protocol costs: a connector behind a server in a process of its own, beside the same in process."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.children import EngineError, ErpServer, perform_in, tieline_environment
from benchmarks.engines.job import Job
from benchmarks.environment import ROOT
from benchmarks.figures import Figures

_READING = "benchmarks.engines.reading"
_SERVED = re.compile(r"is served by (http://[^,\s]+)")
_WAYS = ("in_process", "remote")


def measure_remote(figures: Figures, erp: ErpServer, rounds: int) -> dict[str, float]:
    """Read all customers through the contract in both ways, in turns; return the ratio of their rates."""
    seconds: dict[str, list[float]] = {way: [] for way in _WAYS}
    with TemporaryDirectory() as folder, _served(Path(folder)) as url:
        erp.begin()
        for _round in range(max(rounds, 1)):
            for way in _WAYS:
                job = Job(way, "", erp.address, folder, details={"served": url})
                report = perform_in(Path(sys.executable), _READING, job)
                if report.details["records"] != erp.records:
                    raise EngineError(f"{way} read {report.details['records']} records: the run is void")
                figures.add("reading", way, "", erp.records, report)
                seconds[way].append(report.seconds)
    # the first round of each does not count where there are more, as of all figures
    counting = {way: median(runs[1:] or runs) for way, runs in seconds.items()}
    return {"remote.vs_in_process": round(counting["in_process"] / counting["remote"], 4)}


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Serve the plugin of the benchmark's ERP as anybody would, and yield its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "host.cli", "connector", "serve", "benchmark", "--port", "0"],
        cwd=ROOT,
        env=tieline_environment(folder, f"sqlite:///{folder}/unused.db"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        for line in process.stdout or ():
            if found := _SERVED.search(line):
                yield found[1]
                break
        else:
            raise EngineError("the connector's server did not start")
    finally:
        process.terminate()
        process.communicate()
