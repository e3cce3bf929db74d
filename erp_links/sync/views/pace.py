"""How much a link's last runs did and how long they took, and how far it is behind: the figures of its charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from erp_links.mapping.models import LinkActorType
from erp_links.sync.merge.ranking import origin_of
from erp_links.sync.models import Run, RunMode, RunStatus
from host.crm.models import OutboxEntry
from host.crm.registry import entity_types

SHOWN_RUNS = 30


@dataclass(frozen=True, slots=True)
class RunPace:
    """One run that has ended.

    Attributes:
        pulled: Records that were read from the ERP.
        pushed: Records of the CRM that were looked at for the ERP.
        seconds: How long it worked.
    """

    run_id: int
    started_at: datetime
    pulled: int
    pushed: int
    seconds: float

    @property
    def rate(self) -> float | None:
        """Records per second both ways, or None where the run was too short to tell."""
        return (self.pulled + self.pushed) / self.seconds if self.seconds >= 0.1 else None


@dataclass(frozen=True, slots=True)
class Lag:
    """How far one way of one kind of record is behind.

    Attributes:
        label: What the ERP calls the records, or the hub for those on their way to the ERP.
        to_erp: Whether it is the way to the ERP.
        since: When the last pass ended, or the oldest change was queued; None where nothing was ever taken over.
        seconds: How long ago that is; 0 where nothing waits.
        waiting: How many changed records wait for the ERP.
    """

    label: str
    to_erp: bool
    since: datetime | None
    seconds: float
    waiting: int = 0


def last_paces(session: Session, link_id: int, limit: int = SHOWN_RUNS) -> list[RunPace]:
    """Return the last runs of a link that have ended, the oldest first."""
    runs = session.scalars(
        select(Run)
        .where(
            Run.link_id == link_id,
            Run.status == RunStatus.FINISHED.value,
            Run.mode != RunMode.PREVIEW.value,
            Run.started_at.is_not(None),
            Run.finished_at.is_not(None),
        )
        .order_by(Run.id.desc())
        .limit(limit)
    ).all()
    return [_pace(run) for run in reversed(runs)]


def lags(session: Session, link_id: int, now: datetime | None = None) -> list[Lag]:
    """Return how far each active actor type is behind, then what waits for the ERP."""
    now = now or datetime.now(UTC)
    rows = session.scalars(
        select(LinkActorType)
        .where(LinkActorType.link_id == link_id, LinkActorType.active.is_(True))
        .order_by(LinkActorType.rank, LinkActorType.id)
    )
    pulled = [_pull_lag(row, now) for row in rows]
    return [*pulled, *_push_lags(session, link_id, now)]


def longest(found: Sequence[Lag], *, to_erp: bool) -> Lag | None:
    """Return what is furthest behind one way; None where that way has nothing."""
    return max((lag for lag in found if lag.to_erp is to_erp), key=lambda lag: lag.seconds, default=None)


def _pace(run: Run) -> RunPace:
    started, finished = run.started_at or run.requested_at, run.finished_at or run.requested_at
    return RunPace(
        run_id=run.id,
        started_at=started,
        pulled=run.counts.get("read", 0),
        pushed=run.counts.get("erp_read", 0),
        seconds=max(0.0, (finished - started).total_seconds()),
    )


def _pull_lag(row: LinkActorType, now: datetime) -> Lag:
    label = str(row.declaration.get("plural") or row.declaration.get("label") or row.name)
    moved = row.watermark_moved_at
    return Lag(label, to_erp=False, since=moved, seconds=max(0.0, (now - moved).total_seconds()) if moved else 0.0)


def _push_lags(session: Session, link_id: int, now: datetime) -> list[Lag]:
    rows = session.execute(
        select(OutboxEntry.entity_type, func.count(), func.min(OutboxEntry.queued_at))
        .where(OutboxEntry.subscriber == origin_of(link_id))
        .group_by(OutboxEntry.entity_type)
        .order_by(OutboxEntry.entity_type)
    )
    known = entity_types()
    return [
        Lag(
            label=str(known[entity_type].plural) if entity_type in known else entity_type,
            to_erp=True,
            since=oldest,
            seconds=max(0.0, (now - oldest).total_seconds()),
            waiting=count,
        )
        for entity_type, count, oldest in rows
    ]
