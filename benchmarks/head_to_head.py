"""The head-to-head: the same job for every engine, in turns, each in a fresh database and checked before it counts."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.children import EngineError, ErpServer, perform_in
from benchmarks.customers import CHANGED_EACH, checksum, expected_rows
from benchmarks.engines.job import Job, Report
from benchmarks.figures import Figures
from benchmarks.targets import PostgresTargets, content_of, sqlite_target

TIELINE, INSTALLATION = "benchmarks.engines.tieline", "benchmarks.engines.tieline_installation"
FLOOR, PEER = "benchmarks.engines.floor", "benchmarks.engines.dlt_peer"
OURS = Path(sys.executable)
_OUR_ACTIONS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "first_import": ("run", {}),
    "changed_1_percent": ("run_again", {"changed": True}),
    "poll": ("run_again", {"changed": False}),
    "reread": ("reread", {}),
}
"""The first import and the full read are a fresh worker's first run; what comes every few minutes is a later one's."""

_TABLES = {"tieline": "company", "floor": "customer", "dlt": "customer"}


@dataclass
class Contest:
    """What the rounds work with.

    Attributes:
        peer: Interpreter of dlt's environment; None leaves it out.
        postgres: The server for the other target; None leaves it out.
        expected: Count and checksum of what a target has to hold, before and after the change of one in a hundred.
    """

    erp: ErpServer
    peer: Path | None
    postgres: PostgresTargets | None
    figures: Figures = field(default_factory=Figures)
    expected: Mapping[bool, tuple[int, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.expected = {changed: expected_content(self.erp.records, changed=changed) for changed in (False, True)}

    @property
    def databases(self) -> list[str]:
        """The kinds of target that are there."""
        return ["sqlite", "postgresql"] if self.postgres else ["sqlite"]

    def round(self) -> None:
        """Let every engine do the job once on every kind of target."""
        for database in self.databases:
            for engine in ("tieline", "floor", *(["dlt"] if self.peer else [])):
                print(f"  {engine}, {database}", flush=True)
                with fresh_target(database, self.postgres) as (url, folder):
                    job = Job("", url, self.erp.address, str(folder))
                    self._perform(engine, database, job)

    def _perform(self, engine: str, database: str, job: Job) -> None:
        changed = self.erp.records // CHANGED_EACH
        if engine == "tieline":
            prepare(job)
        self.erp.begin()
        self._measure("first_import", engine, database, self.erp.records, job, since=0)
        self._check(engine, job, changed=False)
        if engine != "tieline":  # whose worker is at work already when the ERP changes
            self.erp.begin(changed=True)
        self._measure("changed_1_percent", engine, database, changed, job, since=1)
        self._check(engine, job, changed=True)
        self._measure("poll", engine, database, 0, job, since=2)
        if engine == "tieline":
            self._measure("reread", engine, database, self.erp.records, job, since=0)
            self._check(engine, job, changed=True)

    def _measure(self, figure: str, engine: str, database: str, records: int, job: Job, *, since: int) -> None:
        match engine:
            case "tieline":
                action, details = _OUR_ACTIONS[figure]
                report = tieline(job, action, **details)
                _assert_counted(figure, records, report)
            case "floor":
                report = perform_in(OURS, FLOOR, Job(database, job.url, job.address, job.folder, since))
            case _:
                report = perform_in(self.peer or OURS, PEER, Job("load", job.url, job.address, job.folder, since))
        self.figures.add(figure, engine, database, records, report)

    def _check(self, engine: str, job: Job, *, changed: bool) -> None:
        table = _TABLES[engine]
        if engine == "dlt" and not job.url.startswith("sqlite"):
            table = f"benchmark.{table}"
        assert_content(job.url, table, self.expected[changed], engine)


@contextmanager
def fresh_target(database: str, postgres: PostgresTargets | None) -> Iterator[tuple[str, Path]]:
    """Yield the URL of an empty target and a folder for the engine's files; both go afterwards."""
    with TemporaryDirectory(prefix="tieline-benchmark-") as name:
        folder = Path(name)
        if database == "postgresql" and postgres is not None:
            with postgres.fresh() as url:
                yield url, folder
        else:
            with sqlite_target(folder) as url:
                yield url, folder


def prepare(job: Job, **details: Any) -> None:
    """Install Tieline into a target: link stored, mapping of all fields set, link active."""
    perform_in(OURS, INSTALLATION, Job("prepare", job.url, job.address, job.folder, 0, details))


def tieline(job: Job, action: str, **details: Any) -> Report:
    """Have Tieline do something in a process of its own."""
    return perform_in(OURS, TIELINE, Job(action, job.url, job.address, job.folder, 0, details))


def expected_content(records: int, *, changed: bool) -> tuple[int, str]:
    """Return count and checksum of what a target has to hold."""
    return checksum(expected_rows(records, changed=changed))


def assert_content(url: str, table: str, expected: tuple[int, str], engine: str) -> None:
    """Make a run void that left something else than it had to.

    Raises:
        EngineError: The content differs.
    """
    found = content_of(url, table)
    if found != expected:
        raise EngineError(f"{engine} left {found} in {table} where {expected} was to be: the run is void")


def _assert_counted(figure: str, records: int, report: Report) -> None:
    counted = report.details["counts"].get("read", 0)
    if counted != records:
        raise EngineError(f"{figure}: the run counts {counted} records read where {records} were to be")
