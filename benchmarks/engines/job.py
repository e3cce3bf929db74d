"""What an engine is told and what it tells: one JSON object each way. Standard library only, for every environment."""

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work of an engine.

    Attributes:
        action: What to do; each engine knows its own.
        url: SQLAlchemy URL of the target database.
        address: URL of the ERP's server.
        folder: Where the engine keeps its files.
        since: The watermark up to which the target is filled; 0 where it is empty.
        details: What the action needs beside.
    """

    action: str
    url: str
    address: str
    folder: str
    since: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_argument(self) -> str:
        """Return the job as the argument of a command."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a job.

    Attributes:
        seconds: From the beginning of the work to its last commit; the start of the interpreter and its imports are
            not in it.
        peak_rss_mb: Most memory that the process held.
        details: What else is worth telling.
    """

    seconds: float
    peak_rss_mb: float
    details: Mapping[str, Any]


def perform(actions: Mapping[str, Callable[[Job], Mapping[str, Any]]]) -> None:
    """Do the job of the command line, and print what became of it as the last line.

    An action may tell its own `seconds`, where it prepares something that is not measured.
    """
    job = Job(**json.loads(sys.argv[1]))
    began, cpu = time.perf_counter(), time.process_time()
    details = dict(actions[job.action](job))
    seconds = details.pop("seconds", time.perf_counter() - began)
    details.setdefault("cpu_seconds", time.process_time() - cpu)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_rss_mb": peak, "details": details}))
