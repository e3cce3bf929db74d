"""A link as its page among the syncs tells of it: whether it works, what waits, how far it is behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from erp_links.attention.waiting import Waiting, waiting_of
from erp_links.links.models import ErpLink, PauseReason
from erp_links.links.overview import LinkRow, rows_of
from erp_links.links.schedule import schedule_of, sync_settings
from erp_links.runtime import LinkRuntime
from erp_links.sync.models import Outcome, Run, RunMode, RunStatus
from erp_links.sync.views.full_reads import DueRead, due_reads
from erp_links.sync.views.pace import Lag, RunPace, lags, last_paces, longest


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link at one moment.

    Attributes:
        automatic: Whether it syncs by itself.
        next_run_at: When it does so next; None where it does not, or at once.
        due: What the next run goes over as a whole.
        stopped: The run that the brake stopped, where it did.
    """

    row: LinkRow
    waiting: Waiting
    automatic: bool
    next_run_at: datetime | None
    due: Sequence[DueRead]
    lags: Sequence[Lag]
    paces: Sequence[RunPace]
    stopped: Run | None

    @property
    def link(self) -> ErpLink:
        """The link."""
        return self.row.link

    @property
    def is_behind(self) -> Lag | None:
        """What is furthest behind on the way to the CRM."""
        return longest(self.lags, to_erp=False)

    @property
    def oldest_change(self) -> Lag | None:
        """What waits longest for the ERP."""
        return longest(self.lags, to_erp=True)

    @property
    def queued(self) -> int:
        """How many changed records wait for the ERP."""
        return sum(lag.waiting for lag in self.lags)


def link_view(session: Session, runtime: LinkRuntime, link: ErpLink) -> LinkView:
    """Return how a link looks now, with a constant number of statements."""
    row = rows_of(session, runtime, [link])[0]
    schedule = schedule_of(link, sync_settings(session, runtime.settings))
    return LinkView(
        row=row,
        waiting=waiting_of(session, [link.id])[link.id],
        automatic=schedule.automatic,
        next_run_at=link.next_run_at if schedule.automatic and row.standing.runs else None,
        due=due_reads(session, link.id),
        lags=lags(session, link.id),
        paces=last_paces(session, link.id),
        stopped=_stopped(session, link) if row.standing.paused is PauseReason.BRAKE else None,
    )


def _stopped(session: Session, link: ErpLink) -> Run | None:
    """Return the run before which the brake paused the link: the last one that has not ended well."""
    return session.scalars(
        select(Run)
        .where(
            Run.link_id == link.id,
            Run.status == RunStatus.FINISHED.value,
            Run.mode != RunMode.PREVIEW.value,
            Run.outcome.in_([Outcome.ABORTED.value, Outcome.FAILED.value]),
        )
        .order_by(Run.id.desc())
        .limit(1)
        .options(joinedload(Run.link))
    ).one_or_none()
