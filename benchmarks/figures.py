"""Figures and the ratios between them, as the table and the JSON show them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.engines.job import Report

DATABASES = ("sqlite", "postgresql")
BOOKKEEPING = frozenset({"lease", "sync_run", "sync_pass", "link_actor_type", "erp_link"})
"""Tables that tell of runs; all others hold data."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: the median of the runs that count.

    Attributes:
        records: How many records the run was about.
        peak_rss_mb: Most memory of the process tree, the most of all runs.
    """

    figure: str
    engine: str
    database: str
    records: int
    seconds: float
    records_per_second: float
    peak_rss_mb: float


class Figures:
    """Collects what was measured; the first round of each figure does not count where there are more."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str, str, int], list[Report]] = {}

    def add(self, figure: str, engine: str, database: str, records: int, report: Report) -> None:
        """Note one run."""
        self._runs.setdefault((figure, engine, database, records), []).append(report)

    def all(self) -> list[Figure]:
        """Return all figures in the order in which they were first measured."""
        return [_figure(names, _counting(runs)) for names, runs in self._runs.items()]

    def details(self, figure: str, engine: str, database: str) -> Mapping[str, Any]:
        """Return the details of the last run."""
        for (*names, _records), runs in self._runs.items():
            if names == [figure, engine, database]:
                return runs[-1].details
        return {}

    def ratios(self) -> dict[str, float]:
        """Return the ratios that the goals are set for; those that were not measured are absent."""
        ratios: dict[str, float] = {}
        for database in DATABASES:
            found = {(each.figure, each.engine): each for each in self.all() if each.database == database}
            ratios |= self._written_in_a_poll(database)
            ratios |= dict(_of_database(database, found))
        memory = [each for each in self.all() if each.figure == "memory"]
        ratios |= _memory(memory)
        return {name: round(value, 4) for name, value in ratios.items()}

    def _written_in_a_poll(self, database: str) -> dict[str, float]:
        written: Mapping[str, int] = self.details("poll", "tieline", database).get("written", {})
        if not written:
            return {}
        data = sum(count for name, count in written.items() if name not in BOOKKEEPING)
        bookkeeping = sum(count for name, count in written.items() if name in BOOKKEEPING)
        return {f"poll.{database}.data_rows": data, f"poll.{database}.statements": bookkeeping}


def _counting(runs: Sequence[Report]) -> Sequence[Report]:
    return runs[1:] if len(runs) > 1 else runs


def _figure(names: tuple[str, str, str, int], runs: Sequence[Report]) -> Figure:
    figure, engine, database, records = names
    seconds = median(run.seconds for run in runs)
    return Figure(
        figure,
        engine,
        database,
        records,
        round(seconds, 4),
        round(records / seconds, 1) if seconds else 0.0,
        round(max(run.peak_rss_mb for run in runs), 1),
    )


def _of_database(database: str, found: Mapping[tuple[str, str], Figure]) -> Iterable[tuple[str, float]]:
    first = found.get(("first_import", "tieline"))
    if first is None:
        return
    for engine in ("dlt", "floor"):
        other = found.get(("first_import", engine))
        if other is not None:
            yield f"first_import.{database}.vs_{engine}", other.seconds / first.seconds
    if ("changed_1_percent", "tieline") in found:
        changed = found["changed_1_percent", "tieline"]
        yield f"changed_1_percent.{database}.share", changed.seconds / first.seconds
        yield f"changed_1_percent.{database}.seconds", changed.seconds
        for engine in ("dlt", "floor"):
            if ("changed_1_percent", engine) in found:
                yield (
                    f"changed_1_percent.{database}.vs_{engine}",
                    found["changed_1_percent", engine].seconds / changed.seconds,
                )
    if ("poll", "tieline") in found:
        yield f"poll.{database}.milliseconds", found["poll", "tieline"].seconds * 1000
    if ("reread", "tieline") in found:
        yield f"reread.{database}.vs_first_import", first.seconds / found["reread", "tieline"].seconds


def _memory(figures: Sequence[Figure]) -> dict[str, float]:
    ratios: dict[str, float] = {}
    for database in DATABASES:
        by_size = sorted((each for each in figures if each.database == database), key=lambda each: each.records)
        if len(by_size) > 1:
            small, large = by_size[0].peak_rss_mb, by_size[-1].peak_rss_mb
            ratios |= {f"memory.{database}.growth": large / small - 1, f"memory.{database}.peak_mb": large}
    if ratios:
        ratios["memory.growth"] = max(value for name, value in ratios.items() if name.endswith(".growth"))
    return ratios
