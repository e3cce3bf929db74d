"""What the sync settings and the page of a link tell of links: figures of many links with few statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from erp_links.links.access_words import visibilities_in_words
from erp_links.links.models import ErpLink, LinkState, PauseReason
from erp_links.links.pausing import reason_name
from erp_links.links.standing import Standing, standings_of
from erp_links.links.states import state_name
from erp_links.mapping.models import LinkActorType
from erp_links.runtime import LinkRuntime
from erp_links.sync.models import FailedRecord, Pairing, PairingState, Run, RunMode, RunStatus
from erp_links.sync.views.failed_records import open_failures

_NEEDS_SOMEBODY = frozenset(
    {
        PauseReason.AUTHENTICATION,
        PauseReason.BRAKE,
        PauseReason.URL_CHANGED,
        PauseReason.PLUGIN_MISSING,
        PauseReason.KEY_LOST,
    }
)


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One link among others.

    Attributes:
        tie: The macro's word for the line that shows the state.
        words: The state in words.
        paired: How many records are paired.
        failures: How many failed records are open.
        last_run: The newest run, or None.
        offers: Labels of the actor types that are switched on.
    """

    link: ErpLink
    standing: Standing
    tie: str
    words: str
    visible_to: str
    paired: int
    failures: int
    last_run: Run | None
    last_success: datetime | None
    offers: tuple[str, ...]

    @property
    def is_running(self) -> bool:
        """Whether a run of it has not ended."""
        return self.last_run is not None and self.last_run.status != RunStatus.FINISHED


def rows_of(session: Session, runtime: LinkRuntime, links: Sequence[ErpLink]) -> list[LinkRow]:
    """Return what the list of links shows."""
    ids = [link.id for link in links]
    standings = standings_of(session, runtime, links)
    paired = _counts(session, Pairing, ids, Pairing.state == PairingState.PAIRED.value)
    failures = _counts(session, FailedRecord, ids, open_failures())
    runs = _last_runs(session, ids)
    successes = _last_successes(session, ids)
    offers = _offers(session, ids)
    visible_to = visibilities_in_words(session, links)
    rows = []
    for link in links:
        standing, run = standings[link.id], runs.get(link.id)
        is_running = run is not None and run.status != RunStatus.FINISHED
        rows.append(
            LinkRow(
                link=link,
                standing=standing,
                tie=_tie(standing, is_running=is_running),
                words=_words(standing, is_running=is_running),
                visible_to=visible_to[link.id],
                paired=paired.get(link.id, 0),
                failures=failures.get(link.id, 0),
                last_run=run,
                last_success=successes.get(link.id),
                offers=tuple(offers.get(link.id, ())),
            )
        )
    return rows


def recent_runs(session: Session, link_id: int, limit: int = 8) -> list[Run]:
    """Return the newest runs of a link, newest first."""
    return list(session.scalars(select(Run).where(Run.link_id == link_id).order_by(Run.id.desc()).limit(limit)))


def _tie(standing: Standing, *, is_running: bool) -> str:
    if standing.paused in _NEEDS_SOMEBODY:
        return "broken"
    if standing.state is not LinkState.ACTIVE:
        return "draft"
    if standing.paused is not None:
        return "paused"
    return "running" if is_running else "on"


def _words(standing: Standing, *, is_running: bool) -> str:
    name = state_name(standing.state)
    if standing.paused is not None:
        return str(_("%(state)s, paused: %(reason)s", state=name, reason=reason_name(standing.paused)))
    return str(_("%(state)s, running", state=name)) if is_running else name


def _counts(
    session: Session, model: type[Pairing | FailedRecord], ids: Sequence[int], condition: object
) -> dict[int, int]:
    statement = select(model.link_id, func.count()).where(model.link_id.in_(ids), condition).group_by(model.link_id)  # type: ignore[arg-type]  # a comparison of columns, which mypy sees as bool
    return dict(session.execute(statement).all())


def _last_runs(session: Session, ids: Sequence[int]) -> dict[int, Run]:
    newest = select(func.max(Run.id)).where(Run.link_id.in_(ids)).group_by(Run.link_id)
    return {run.link_id: run for run in session.scalars(select(Run).where(Run.id.in_(newest)))}


def _last_successes(session: Session, ids: Sequence[int]) -> dict[int, datetime]:
    statement = (
        select(Run.link_id, func.max(Run.finished_at))
        .where(Run.link_id.in_(ids), Run.outcome.in_(["success", "partial"]), Run.mode != RunMode.PREVIEW.value)
        .group_by(Run.link_id)
    )
    return {link_id: at for link_id, at in session.execute(statement) if at is not None}


def _offers(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    offers: dict[int, list[str]] = {}
    rows = session.scalars(
        select(LinkActorType)
        .where(LinkActorType.link_id.in_(ids), LinkActorType.active.is_(True))
        .order_by(LinkActorType.rank)
    )
    for row in rows:
        declared = row.declaration
        offers.setdefault(row.link_id, []).append(str(declared.get("plural") or declared.get("label") or row.name))
    return offers
