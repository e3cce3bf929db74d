"""What syncs lately changed in a record, beside the ERP tab; only through links that the reader may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink
from erp_links.sync.models import LogEntry
from erp_links.sync.reasons import win_words
from erp_links.sync.views.changes import LogKind
from erp_links.sync.views.shown_values import ErpFields, ShownValue, both_values, erp_fields
from erp_links.visibility import visible
from host.accounts.principal import Principal
from host.crm.lists import Items, items_for
from host.crm.registry import CrmField, fields_of
from host.crm.titles import Titles, titles_of

MOST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class SyncedChange:
    """One changed field: what it was, what it is, through which link, and why that side won."""

    at: datetime
    field: CrmField
    old: ShownValue
    new: ShownValue
    link_name: str
    is_from_erp: bool
    reason: str


@dataclass(frozen=True, slots=True)
class SyncHistory:
    """The latest changes, with what is needed to show list items and references by name."""

    changes: Sequence[SyncedChange]
    items: Mapping[str, Items]
    titles: Titles


def sync_history(session: Session, principal: Principal, entity_type: str, entity_id: int) -> SyncHistory:
    """Return what syncs last changed in a record, the newest first."""
    fields = fields_of(session, entity_type)
    rows = session.execute(
        select(LogEntry, ErpLink.name)
        .join(ErpLink, LogEntry.link_id == ErpLink.id)
        .where(
            LogEntry.entity_type == entity_type,
            LogEntry.entity_id == entity_id,
            LogEntry.crm_field.in_(fields),
            LogEntry.kind != LogKind.NOT_REVERTED.value,
            visible(principal),
        )
        .order_by(LogEntry.at.desc(), LogEntry.id.desc())
        .limit(MOST_SHOWN)
    )
    found = rows.all()
    written = [entry for entry, _name in found if entry.target == "erp"]
    declared = erp_fields(session, {each.link_id for each in written}, {each.erp_field for each in written})
    changes = [_change(entry, fields[entry.crm_field], declared, link_name) for entry, link_name in found]
    shown = {change.field.key: change.field for change in changes}.values()
    return SyncHistory(changes, items_for(session, list(shown)), _titles(session, changes))


def _change(entry: LogEntry, field: CrmField, declared: ErpFields, link_name: str) -> SyncedChange:
    old, new = both_values(entry, field, declared)
    return SyncedChange(
        at=entry.at,
        field=field,
        old=old,
        new=new,
        link_name=link_name,
        is_from_erp=entry.target == "crm",
        reason=win_words(entry.reason),
    )


def _titles(session: Session, changes: Sequence[SyncedChange]) -> Titles:
    wanted: dict[str, set[int]] = {}
    for change in changes:
        if change.field.references:
            ids = {each.value for each in (change.old, change.new) if isinstance(each.value, int)}
            wanted.setdefault(change.field.references, set()).update(ids)
    return {
        (entity_type, record_id): title
        for entity_type, ids in wanted.items()
        for record_id, title in titles_of(session, entity_type, ids).items()
    }
