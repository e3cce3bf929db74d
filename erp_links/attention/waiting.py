"""How much of each link waits: for a person, for its parent, for the next run."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink
from erp_links.sync.failures import FailureState
from erp_links.sync.models import Conflict, FailedRecord, Intent, IntentState, Pairing, PairingState
from erp_links.sync.reasons import WAITING, FailureReason
from erp_links.sync.views.failed_records import open_failures
from erp_links.sync.views.history import seen_links
from host.accounts.principal import Principal


@dataclass(frozen=True, slots=True)
class Waiting:
    """Counts of one link, or of all that somebody sees.

    Attributes:
        failed: Open failed records, ambiguous ones included.
        waiting: Records that wait for their parent or for the next run, which is no failure.
        ambiguous: Those of the failed ones that suit several others.
        conflicts: Conflicts that wait for a person.
        decided: Conflicts that wait for the next run.
        unclear: Creates of which only a person can tell what became of them.
        paired: Pairings that are neither gone nor tombstones.
        gone: Pairings whose record the ERP no longer has.
        tombstones: Pairings that were ended, and that no policy makes again.
    """

    failed: int = 0
    waiting: int = 0
    ambiguous: int = 0
    conflicts: int = 0
    decided: int = 0
    unclear: int = 0
    paired: int = 0
    gone: int = 0
    tombstones: int = 0

    @property
    def for_person(self) -> int:
        """How many things wait for a person."""
        return self.failed + self.conflicts + self.unclear


NOTHING = Waiting()


def waiting_of(session: Session, link_ids: Collection[int]) -> dict[int, Waiting]:
    """Return what waits of each of these links, with a constant number of statements."""
    is_open = FailedRecord.state == FailureState.OPEN.value
    reasons = _grouped(session, link_ids, FailedRecord, FailedRecord.reason, is_open)
    conflicts = _grouped(session, link_ids, Conflict, Conflict.choice)
    unclear = _grouped(session, link_ids, Intent, Intent.state, Intent.state == IntentState.UNCLEAR.value)
    states = _grouped(session, link_ids, Pairing, Pairing.state)
    return {
        link_id: _waiting(
            reasons.get(link_id, {}), conflicts.get(link_id, {}), unclear.get(link_id, {}), states.get(link_id, {})
        )
        for link_id in link_ids
    }


def waiting_for(session: Session, principal: Principal) -> Waiting:
    """Return what waits of all links that the principal sees or manages, without the pairings; one statement."""
    ambiguous_one = FailedRecord.reason == FailureReason.AMBIGUOUS_MATCH.value
    wanted: list[tuple[Any, ColumnElement[bool]]] = [
        (FailedRecord, open_failures()),
        (FailedRecord, and_(open_failures(), ambiguous_one)),
        (Conflict, Conflict.choice.is_(None)),
        (Intent, Intent.state == IntentState.UNCLEAR.value),
    ]
    columns = [
        select(func.count())
        .select_from(model)
        .join(ErpLink, ErpLink.id == model.link_id)
        .where(condition, seen_links(principal))
        .scalar_subquery()
        for model, condition in wanted
    ]
    failed, ambiguous, conflicts, unclear = session.execute(select(*columns)).one()
    return Waiting(failed=failed, ambiguous=ambiguous, conflicts=conflicts, unclear=unclear)


def _waiting(
    reasons: Mapping[Any, int], conflicts: Mapping[Any, int], unclear: Mapping[Any, int], states: Mapping[Any, int]
) -> Waiting:
    waiting = sum(reasons.get(reason.value, 0) for reason in WAITING)
    return Waiting(
        failed=sum(reasons.values()) - waiting,
        waiting=waiting,
        ambiguous=reasons.get(FailureReason.AMBIGUOUS_MATCH.value, 0),
        conflicts=conflicts.get(None, 0),
        decided=sum(count for choice, count in conflicts.items() if choice is not None),
        unclear=sum(unclear.values()),
        paired=states.get(PairingState.PAIRED.value, 0),
        gone=states.get(PairingState.GONE.value, 0),
        tombstones=states.get(PairingState.TOMBSTONE.value, 0),
    )


def _grouped(
    session: Session, link_ids: Collection[int], model: Any, column: Any, *conditions: ColumnElement[bool]
) -> dict[int, dict[Any, int]]:
    rows = session.execute(
        select(model.link_id, column, func.count())
        .where(model.link_id.in_(link_ids), *conditions)
        .group_by(model.link_id, column)
    )
    found: dict[int, dict[Any, int]] = {}
    for link_id, value, count in rows:
        found.setdefault(link_id, {})[value] = count
    return found
