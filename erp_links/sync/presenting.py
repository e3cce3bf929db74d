"""What a run changed and what failed, with the names that people know the records and fields by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.mapping.models import LinkActorType, LinkField
from erp_links.sync.models import FailedRecord, LogEntry
from erp_links.sync.reasons import failure_words, win_words
from host.crm.fields import CrmField
from host.crm.lists import Items, items_for
from host.crm.registry import entity_types, fields_of
from host.crm.titles import Titles, titles_of
from host.crm.values import CrmValue, from_json


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One entry of the log.

    Attributes:
        title: What the record of the hub is called; its ERP key where it has gone.
        field: The hub's field; None for a record that was created or paired, or a field that is gone.
        erp_label: What the ERP calls the field.
        count: How many values a created or paired record came with.
    """

    entry: LogEntry
    title: str
    field: CrmField | None
    erp_label: str
    old: CrmValue
    new: CrmValue
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class ShownChanges:
    """A page of changes, with what is needed to show list items and references by name."""

    rows: Sequence[ShownChange]
    items: dict[str, Items]
    titles: Titles


@dataclass(frozen=True, slots=True)
class ShownFailure:
    """A failed record; `why` is its reason in words, `field_label` what the ERP calls the offending field."""

    failed: FailedRecord
    why: str
    field_label: str
    actor_label: str
    is_visible: bool

    @property
    def is_due(self) -> bool:
        """Whether the next run tries it again, whenever that is."""
        return self.failed.retry_at is not None and self.failed.retry_at <= datetime.now(UTC)


def show_changes(session: Session, entries: Sequence[LogEntry]) -> ShownChanges:
    """Return entries of the log as a page shows them, with a constant number of statements."""
    fields = {key: fields_of(session, key) for key in {entry.entity_type for entry in entries} & set(entity_types())}
    labels = _erp_labels(session, {entry.link_id for entry in entries})
    changed = [fields[entry.entity_type].get(entry.crm_field) for entry in entries if entry.entity_type in fields]
    shown_fields = [field for field in changed if field is not None]
    titles = _titles(session, entries, fields)
    rows = [_shown(entry, fields.get(entry.entity_type, {}).get(entry.crm_field), labels, titles) for entry in entries]
    return ShownChanges(rows, items_for(session, shown_fields), titles)


def show_failures(session: Session, failures: Sequence[FailedRecord], seen_links: frozenset[int]) -> list[ShownFailure]:
    """Return failed records as a page shows them; `seen_links` are the links whose ERP values the reader may see."""
    labels = _erp_labels(session, {failed.link_id for failed in failures})
    types = type_labels(session, {failed.link_id for failed in failures})
    return [
        ShownFailure(
            failed=failed,
            why=failure_words(failed.reason),
            field_label=labels.get((failed.link_id, failed.actor_type, failed.field), failed.field),
            actor_label=types.get((failed.link_id, failed.actor_type), failed.actor_type),
            is_visible=failed.link_id in seen_links,
        )
        for failed in failures
    ]


def _shown(
    entry: LogEntry, field: CrmField | None, labels: dict[tuple[int, str, str], str], titles: Titles
) -> ShownChange:
    return ShownChange(
        entry=entry,
        title=titles.get((entry.entity_type, entry.entity_id or 0), entry.erp_key),
        field=field,
        erp_label=labels.get((entry.link_id, entry.actor_type, entry.erp_field), entry.erp_field),
        old=_read(field, entry.old),
        new=_read(field, entry.new),
        count=len(entry.new) if isinstance(entry.new, dict) else 0,
        reason=win_words(entry.reason),
    )


def _read(field: CrmField | None, stored: Any) -> CrmValue:
    if field is None or isinstance(stored, dict | list):
        return None
    try:
        return from_json(field.type, stored)
    except ValueError:
        # the field was deleted and made anew with another type
        return str(stored)


def _titles(session: Session, entries: Sequence[LogEntry], fields: dict[str, Any]) -> Titles:
    wanted: dict[str, set[int]] = {}
    for entry in entries:
        if entry.entity_id is not None and entry.entity_type in fields:
            wanted.setdefault(entry.entity_type, set()).add(entry.entity_id)
        field = fields.get(entry.entity_type, {}).get(entry.crm_field)
        if field is not None and field.references:
            wanted.setdefault(field.references, set()).update(
                value for value in (entry.old, entry.new) if isinstance(value, int)
            )
    return {
        (entity_type, entity_id): title
        for entity_type, ids in wanted.items()
        for entity_id, title in titles_of(session, entity_type, ids).items()
    }


def _erp_labels(session: Session, link_ids: set[int]) -> dict[tuple[int, str, str], str]:
    rows = session.execute(
        select(LinkActorType.link_id, LinkActorType.name, LinkField.key, LinkField.declaration)
        .join(LinkField, LinkField.actor_type_id == LinkActorType.id)
        .where(LinkActorType.link_id.in_(link_ids))
    )
    return {(link_id, name, key): str(declaration["label"]) for link_id, name, key, declaration in rows}


def type_labels(session: Session, link_ids: set[int]) -> dict[tuple[int, str], str]:
    """Return what the ERPs call their actor types, by link and type name."""
    rows = session.execute(
        select(LinkActorType.link_id, LinkActorType.name, LinkActorType.declaration).where(
            LinkActorType.link_id.in_(link_ids)
        )
    )
    return {(link_id, name): str(declaration["label"]) for link_id, name, declaration in rows}
