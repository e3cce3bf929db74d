"""The sync priority: the active links and the CRM in the order in which they win (spec 2.12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink, LinkState, SyncPriority
from host.audit.doer import Doer
from host.audit.operations import record
from host.errors import InvalidInputError, StaleVersionError
from host.schemas.fields import LARGEST_ID

CRM = 0
"""The id under which the CRM stands in the list, as in SuperOffice."""


@dataclass(frozen=True, slots=True)
class PriorityEntry:
    """One place of the list; `link_id` is `CRM` for the CRM itself."""

    link_id: int
    name: str


def sync_priority(session: Session) -> list[PriorityEntry]:
    """Return the CRM and the active links, the strongest first; links that never had a place stand at the end."""
    active = {
        link.id: link.name
        for link in session.scalars(
            select(ErpLink).where(ErpLink.state == LinkState.ACTIVE.value).order_by(ErpLink.created_at, ErpLink.id)
        )
    }
    names = {CRM: str(_("CRM")), **active}
    order = [each for each in _stored(session) if each in names]
    return [PriorityEntry(each, names[each]) for each in _completed(order, list(names))]


def sync_ranks(session: Session) -> dict[int, int]:
    """Return the rank of each link that is active or was once placed, and of the CRM; 0 is the strongest."""
    stored = _stored(session)
    active = session.scalars(
        select(ErpLink.id).where(ErpLink.state == LinkState.ACTIVE.value).order_by(ErpLink.created_at, ErpLink.id)
    )
    return {each: rank for rank, each in enumerate(_completed(stored, [CRM, *active]))}


def priority_version(entries: Sequence[PriorityEntry]) -> int:
    """Return a number that differs when the list does, so that nobody overwrites an order they have not seen."""
    return crc32(",".join(str(each.link_id) for each in entries).encode()) & LARGEST_ID


def save_priority(
    session: Session, doer: Doer, order: Sequence[int], expected_version: int | None = None
) -> list[PriorityEntry]:
    """Store a new order.

    Args:
        session: A writing session.
        doer: Who saves.
        order: `CRM` and the ids of all active links, the strongest first.
        expected_version: `priority_version` of the list that the doer has seen, or None.

    Raises:
        StaleVersionError: The list has changed since, or a link was activated or deactivated.
        InvalidInputError: An id is missing, unknown or given twice.
    """
    _lock(session)
    present = sync_priority(session)
    if expected_version is not None and priority_version(present) != expected_version:
        raise StaleVersionError
    faults = _faults(order, present)
    if faults:
        raise InvalidInputError({"order": faults})
    if list(order) == [each.link_id for each in present] and _is_stored(session, order):
        return present
    _store(session, _merged(_stored(session), order))
    names = {each.link_id: each.name for each in present}
    changes = {
        "order": {"before": [each.name for each in present], "after": [names[each] for each in order]},
    }
    record(session, doer, "sync_priority.change", "sync_priority", changes=changes)
    session.flush()
    return [PriorityEntry(each, names[each]) for each in order]


def _lock(session: Session) -> None:
    """Let one administrator at a time change the order; its links stand for the list, which has no row of its own."""
    session.execute(
        select(ErpLink.id)
        .where(ErpLink.state == LinkState.ACTIVE.value)
        .order_by(ErpLink.id)
        .with_for_update(key_share=True)  # runs, whose rows refer to links, go on meanwhile
    ).all()


def _stored(session: Session) -> list[int]:
    return [each or CRM for each in session.scalars(select(SyncPriority.link_id).order_by(SyncPriority.position))]


def _is_stored(session: Session, order: Sequence[int]) -> bool:
    return set(order) <= set(_stored(session))


def _store(session: Session, order: Sequence[int]) -> None:
    session.execute(delete(SyncPriority))
    session.add_all(
        SyncPriority(position=position, link_id=None if each == CRM else each) for position, each in enumerate(order)
    )


def _completed(order: Sequence[int], known: Sequence[int]) -> list[int]:
    """Return the order with what it lacks at its end; the CRM leads a list in which it has no place."""
    missing = [each for each in known if each not in order]
    return [CRM, *order, *missing[1:]] if CRM in missing else [*order, *missing]


def _merged(stored: Sequence[int], order: Sequence[int]) -> list[int]:
    """Return the stored order with the given ids in their new order; a link that rests keeps its place."""
    coming = iter(order)
    merged = [next(coming) if each in order else each for each in stored]
    return [*merged, *coming]


def _faults(order: Sequence[int], present: Sequence[PriorityEntry]) -> list[str]:
    names = {each.link_id: each.name for each in present}
    faults = []
    unknown = sorted(set(order) - names.keys())
    if unknown:
        faults.append(_("no active link has the id %(ids)s", ids=", ".join(map(str, unknown))))
    missing = [name for each, name in names.items() if each not in order]
    if missing:
        faults.append(_("%(names)s is missing", names=", ".join(f"“{name}”" for name in missing)))
    if len(set(order)) != len(order):
        faults.append(_("an id stands here twice"))
    return faults
