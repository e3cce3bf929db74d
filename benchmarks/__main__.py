"""`python -m benchmarks`: everything in one go."""

import argparse
import os
import platform
from pathlib import Path
from typing import Any

from benchmarks import alone, table
from benchmarks.children import erp_server
from benchmarks.environment import peer_python, versions
from benchmarks.figures import Figures
from benchmarks.head_to_head import Contest
from benchmarks.remote import measure_remote
from benchmarks.targets import PostgresTargets

POSTGRES_URL = os.environ.get("TIELINE_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
"""The same setting as that of the tests."""


def main() -> None:
    """Measure, print one table, and write it as JSON where that is asked for."""
    asked = _arguments()
    about = _about(asked)
    for name, value in about.items():
        print(f"{name}: {value}")
    postgres = PostgresTargets(POSTGRES_URL)
    if postgres.fault:
        print(f"PostgreSQL IS LEFT OUT: {postgres.fault}")
    server = None if postgres.fault else postgres
    peer = None if asked.without_dlt else peer_python()
    if peer is None:
        print("dlt IS LEFT OUT, as asked")
    figures, ratios = measure(asked.records, asked.rounds, peer, server, parts=frozenset(asked.only))
    print("\n" + "\n".join(table.lines(figures.all())) + "\n")
    for name, ratio in ratios.items():
        print(f"{name:45} {ratio:10.3f}")
    for database in ("sqlite", "postgresql"):
        written = figures.details("poll", "tieline", database).get("written")
        print(f"statements that write in a poll, {database}: {written}")
    if asked.json:
        about["postgresql"] = postgres.version or postgres.fault
        table.write(asked.json, figures.all(), ratios, about)


PARTS = ("contest", "memory", "push", "card", "remote")


def measure(
    records: int, rounds: int, peer: Path | None, postgres: PostgresTargets | None, parts: frozenset[str] = frozenset()
) -> tuple[Figures, dict[str, float]]:
    """Take all measurements.

    Args:
        records: How many customers the ERP has; memory is measured with a tenth and with ten times as many.
        rounds: How often each engine does the job.
        peer: Interpreter of dlt's environment, or None.
        postgres: The server for targets beside SQLite, or None.
        parts: Which of `PARTS`; none means all.
    """
    ratios: dict[str, float] = {}
    wanted = parts or frozenset(PARTS)
    with erp_server(records) as erp:
        contest = Contest(erp, peer, postgres)
        figures = contest.figures
        for number in range(rounds if "contest" in wanted else 0):
            print(f"round {number + 1} of {rounds}", flush=True)
            contest.round()
        for database in contest.databases:
            if "push" in wanted:
                print(f"push, {database}", flush=True)
                ratios |= alone.measure_push(figures, erp, database, postgres)
            if "card" in wanted:
                print(f"company card, {database}", flush=True)
                ratios |= alone.measure_card(figures, erp, database, postgres)
        if "remote" in wanted:
            print("connector behind a server", flush=True)
            ratios |= measure_remote(figures, erp, rounds)
    if "memory" in wanted:
        print("memory", flush=True)
        alone.measure_memory(figures, (records // 10, records * 10), postgres)
    return figures, figures.ratios() | ratios


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument("--records", type=int, default=100_000, help="customers of the ERP")
    parser.add_argument("--rounds", type=int, default=4, help="runs of each engine; the first does not count")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=(), help="leave the other parts out")
    parser.add_argument("--without-dlt", action="store_true", help="leave the peer out")
    return parser.parse_args()


def _about(asked: argparse.Namespace) -> dict[str, Any]:
    return {
        "records": asked.records,
        "rounds": asked.rounds,
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "versions": versions(),
    }


if __name__ == "__main__":
    main()
