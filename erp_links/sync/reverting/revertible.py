"""What of a run's log can be taken back, and how much of it there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from erp_links.sync.models import LogEntry, Run, RunStatus
from erp_links.sync.views.changes import ChangeFilter, LogKind, changes_query
from erp_links.sync.views.history import find_run, sees_values
from host.accounts.principal import Principal
from host.errors import ConflictError, NotFoundError

RECORDS_PER_TRANSACTION = 500
_ENTRIES_PER_LOOK = 5000


@dataclass(frozen=True, slots=True)
class Revertible:
    """How much a reverting is about, before it happens.

    Attributes:
        fields: Values of the hub that the run wrote and nobody has taken back yet.
        records: Of how many records they are.
        reverted: Values that were taken back already.
        made: Records that the run created in the hub, or paired; they stay.
        erp_values: Values that the run wrote in the ERP; they stay too.
    """

    fields: int
    records: int
    reverted: int
    made: int
    erp_values: int


def find_ended_run(session: Session, principal: Principal, run_id: int, link_id: int | None = None) -> Run:
    """Return a run that the principal may revert, as far as seeing it goes.

    Raises:
        NotFoundError: There is none, or the principal may not see the values of its link.
        ConflictError: It has not ended.
    """
    run = find_run(session, principal, run_id, link_id)
    if run.link_id not in sees_values(session, principal, [run.link_id]):
        raise NotFoundError(_("this run does not exist"))
    if run.status != RunStatus.FINISHED:
        raise ConflictError(_("this run has not ended yet"), _("wait for its end or cancel it"))
    return run


def count_revertible(session: Session, run_id: int, wanted: ChangeFilter) -> Revertible:
    """Return how much of a run a filter leaves to be taken back."""
    entries = changes_query(wanted, run_id=run_id)
    open_ones = _revertible(entries)
    records = open_ones.with_only_columns(LogEntry.entity_type, LogEntry.entity_id).distinct().subquery()
    made = entries.where(LogEntry.target == "crm", LogEntry.kind.in_([LogKind.CREATED.value, LogKind.PAIRED.value]))
    in_erp = entries.where(LogEntry.target == "erp", LogEntry.kind == LogKind.CHANGED.value)
    return Revertible(
        fields=_count(session, open_ones),
        records=session.scalar(select(func.count()).select_from(records)) or 0,
        reverted=_count(session, entries.where(_is_written(), _is_reverted())),
        made=_count(session, made),
        erp_values=_count(session, in_erp),
    )


def next_entries(session: Session, run_id: int, wanted: ChangeFilter, before: int | None) -> Sequence[LogEntry]:
    """Return the entries of the next records of one entity type to be taken back, the newest first.

    Where a run wrote a field twice, taking back the newer entry first leads to what there was before both.

    Args:
        session: A session.
        run_id: The run.
        wanted: Which of its changes.
        before: Only entries with a smaller id than this; None begins with the newest.
    """
    query = _revertible(changes_query(wanted, run_id=run_id))
    if before is not None:
        query = query.where(LogEntry.id < before)
    entries = session.scalars(query.order_by(LogEntry.id.desc()).limit(_ENTRIES_PER_LOOK)).all()
    records: set[int | None] = set()
    for place, entry in enumerate(entries):
        records.add(entry.entity_id)
        if len(records) > RECORDS_PER_TRANSACTION or entry.entity_type != entries[0].entity_type:
            return entries[:place]
    return entries


def _revertible(entries: Select[LogEntry]) -> Select[LogEntry]:
    return entries.where(_is_written(), ~_is_reverted())


def _is_written() -> ColumnElement[bool]:
    return and_(
        LogEntry.kind == LogKind.CHANGED.value,
        LogEntry.target == "crm",
        LogEntry.crm_field != "",
        LogEntry.entity_id.is_not(None),
    )


def _is_reverted() -> ColumnElement[bool]:
    later = aliased(LogEntry)
    of_entry = select(later.id).where(later.reverts == LogEntry.id, later.kind == LogKind.REVERTED.value)
    return of_entry.correlate(LogEntry).exists()


def _count(session: Session, entries: Select[Any]) -> int:
    return session.scalar(entries.with_only_columns(func.count())) or 0
