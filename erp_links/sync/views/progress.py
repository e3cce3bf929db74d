"""Following a run on a terminal."""

import time
from collections.abc import Callable, Mapping

from erp_links.sync.models import Run, RunStatus
from host.database import Database

LOOK_SECONDS = 0.3
_ORDER = ("read", "created", "paired", "changed", "equal", "skipped", "waiting", "failed")
_ORDER_TO_ERP = (*(f"erp_{name}" for name in _ORDER), "erp_unclear")
_ALWAYS = frozenset({"read", "created", "changed", "skipped"})


def counted(counts: Mapping[str, int]) -> str:
    """Return the counts of a run in words: the way to the CRM, then, where it was gone, the way to the ERP."""
    pulled = ", ".join(f"{counts.get(name, 0)} {name}" for name in _ORDER if name in counts or name in _ALWAYS)
    pushed = ", ".join(f"{counts[name]} {name.removeprefix('erp_')}" for name in _ORDER_TO_ERP if counts.get(name))
    return f"{pulled}; to the ERP: {pushed}" if pushed else pulled


def follow(database: Database, run_id: int, tell: Callable[..., None]) -> Run:
    """Show one line of progress until the run has ended, and return it.

    Args:
        database: Where the run is told of.
        run_id: The run.
        tell: `click.echo`, or what takes the same arguments.
    """
    shown = ""
    while True:
        with database.reading() as session:
            run = session.get_one(Run, run_id)
        line = f"  {run.status}: {counted(run.counts)}"
        if line != shown:
            tell(f"\r{line:<78}", nl=False)
            shown = line
        if run.status == RunStatus.FINISHED:
            tell()
            return run
        time.sleep(LOOK_SECONDS)
