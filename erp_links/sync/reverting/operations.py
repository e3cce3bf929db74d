"""Taking back what a run wrote into the hub, batch by batch, each in one transaction."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, delete, insert
from sqlalchemy.orm import Session

from erp_links.sync.models import LogEntry, Run
from erp_links.sync.reasons import WinReason
from erp_links.sync.reverting.going_back import GoingBack, decide
from erp_links.sync.reverting.revertible import next_entries
from erp_links.sync.views.changes import ChangeFilter, LogKind
from host.audit.doer import Doer
from host.audit.operations import record
from host.crm import bulk
from host.crm.origins import origin_of
from host.database import Database, among
from host.jobs.clock import read_clock

SECONDS_PER_CALL = 20.0
"""A call takes no further batch after this; whoever asked goes on where it stopped."""

_LOG = cast(Table, LogEntry.__table__)


@dataclass(frozen=True, slots=True)
class Reverted:
    """What a call took back.

    Attributes:
        fields: Values that went back.
        changed_since: Values that stay, because the hub has another one than the run wrote.
        not_possible: Values that stay, because the record, the field, or what the old value named is gone.
        next: Where to go on; None where everything was looked at.
    """

    fields: int
    changed_since: int
    not_possible: int
    next: int | None


def revert(
    database: Database,
    run_id: int,
    wanted: ChangeFilter,
    doer: Doer,
    before: int | None = None,
    *,
    seconds: float = SECONDS_PER_CALL,
    reached: Callable[[str], None] = lambda _point: None,
) -> Reverted:
    """Give fields of the hub the values back that they had before a run, where they still have what it wrote.

    Each batch is one transaction; what was taken back stays so when the process dies, and asking again does the rest.

    Args:
        database: The database.
        run_id: A run that has ended, which the doer may see.
        wanted: Which of its changes.
        doer: Who takes them back; their origin is the doer's, so that links push them and merges rank them.
        before: Where an earlier call stopped, or None.
        seconds: After this time no further batch is begun.
        reached: Told the points that are passed, for tests of crashes.
    """
    counts: Counter[WinReason] = Counter()
    started = time.monotonic()
    is_first = before is None
    while before is None or before > 0:
        with database.writing() as session:
            entries = next_entries(session, run_id, wanted, before)
            if not entries:
                before = 0
                break
            if is_first:
                _note(session, doer, session.get_one(Run, run_id), wanted)
                is_first = False
            counts += _take_back(session, entries, doer)
            reached("revert about to be committed")
        before = entries[-1].id
        reached("revert committed")
        if time.monotonic() - started >= seconds:
            break
    return Reverted(
        counts[WinReason.REVERTED],
        counts[WinReason.CHANGED_SINCE],
        counts[WinReason.NO_LONGER_POSSIBLE],
        before or None,
    )


def _take_back(session: Session, entries: Sequence[LogEntry], doer: Doer) -> Counter[WinReason]:
    at = read_clock(session)
    decided = decide(session, entries)
    if decided.values:
        bulk.update_many(session, entries[0].entity_type, list(decided.values.items()), origin_of(doer), at)
    session.connection().execute(
        # what was passed over before is decided anew
        delete(_LOG).where(among(session, _LOG.c.reverts, [entry.id for entry in entries]))
    )
    session.connection().execute(insert(_LOG), _log_rows(decided, doer, at))
    kept = Counter(reason for _entry, reason, _present in decided.kept)
    return Counter({WinReason.REVERTED: len(decided.reverted)}) + kept


def _log_rows(decided: GoingBack, doer: Doer, at: datetime) -> list[dict[str, Any]]:
    reverted = [
        _row(entry, LogKind.REVERTED, entry.new, entry.old, WinReason.REVERTED, doer, at) for entry in decided.reverted
    ]
    kept = [
        _row(entry, LogKind.NOT_REVERTED, None, present, reason, doer, at) for entry, reason, present in decided.kept
    ]
    return reverted + kept


def _row(
    entry: LogEntry, kind: LogKind, old: Any, new: Any, reason: WinReason, doer: Doer, at: datetime
) -> dict[str, Any]:
    return {
        "at": at,
        "run_id": entry.run_id,
        "link_id": entry.link_id,
        "kind": kind.value,
        "actor_type": entry.actor_type,
        "erp_key": entry.erp_key,
        "entity_type": entry.entity_type,
        "entity_id": entry.entity_id,
        "target": "crm",
        "crm_field": entry.crm_field,
        "erp_field": entry.erp_field,
        "old": old,
        "new": new,
        "reason": reason.value,
        "done_by": doer.user_id,
        "reverts": entry.id,
    }


def _note(session: Session, doer: Doer, run: Run, wanted: ChangeFilter) -> None:
    told = {"link": run.link_id, **wanted.arguments}
    changes = {name: {"before": None, "after": value} for name, value in told.items()}
    record(session, doer, "run.revert", "sync_run", run.id, run.link.name, changes)
