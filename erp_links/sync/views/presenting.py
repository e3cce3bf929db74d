"""What was changed through a link, with the names that people know the records and fields by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink
from erp_links.mapping.models import LinkActorType
from erp_links.sync.models import LogEntry
from erp_links.sync.reasons import win_words
from erp_links.sync.views.changes import LogKind, kind_words
from erp_links.sync.views.shown_values import (
    ErpFields,
    RowDifference,
    ShownValue,
    both_values,
    erp_fields,
    row_differences,
)
from host.accounts.models import User
from host.crm.fields import CrmField, CrmType
from host.crm.lists import Items, items_for
from host.crm.registry import entity_types, fields_of
from host.crm.titles import Titles, titles_of

CrmFields = Mapping[str, Mapping[str, CrmField]]
"""The hub's fields by entity type and key."""


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One entry of the log.

    Attributes:
        title: What the record of the hub is called; its ERP key where it has gone.
        field_label: What the hub calls the field; empty where the entry is about the whole record.
        erp_label: What the ERP calls the field.
        what: What happened, in words.
        rows: What differs between the rows of a list, such as order lines.
        done_by: Who took the change back; empty where no person did.
    """

    entry: LogEntry
    title: str
    field_label: str
    erp_label: str
    old: ShownValue
    new: ShownValue
    what: str
    rows: Sequence[RowDifference]
    reason: str
    done_by: str

    @property
    def is_of_field(self) -> bool:
        """Whether it is about one field and not the whole record."""
        return bool(self.entry.crm_field)

    @property
    def is_reverting(self) -> bool:
        """Whether a person took something back, or tried to."""
        return self.entry.reverts is not None

    @property
    def is_told_of_erp(self) -> bool:
        """Whether what happened to the whole record happened in the ERP."""
        return self.entry.target == "erp" or self.entry.kind == LogKind.GONE


@dataclass(frozen=True, slots=True)
class ShownChanges:
    """A page of changes, with what is needed to show list items and references by name."""

    rows: Sequence[ShownChange]
    items: dict[str, Items]
    titles: Titles


def show_changes(session: Session, entries: Sequence[LogEntry]) -> ShownChanges:
    """Return entries of the log as a page shows them, with a constant number of statements."""
    fields = crm_fields(session, {entry.entity_type for entry in entries})
    declared = erp_fields(session, {entry.link_id for entry in entries}, {entry.erp_field for entry in entries})
    changed = [_field_of(entry, fields) for entry in entries]
    titles, people = _titles(session, entries, fields), _people(session, entries)
    rows = [_shown(entry, fields, declared, titles, people) for entry in entries]
    return ShownChanges(rows, items_for(session, [field for field in changed if field is not None]), titles)


def crm_fields(session: Session, keys: set[str]) -> CrmFields:
    """Return the fields of those entity types that the hub knows."""
    return {key: fields_of(session, key) for key in sorted(keys & set(entity_types()))}


def record_titles(session: Session, records: Sequence[tuple[str, int | None]]) -> Titles:
    """Return what records of the hub are called, with one statement for each entity type."""
    wanted: dict[str, set[int]] = {}
    for entity_type, entity_id in records:
        if entity_id is not None and entity_type in entity_types():
            wanted.setdefault(entity_type, set()).add(entity_id)
    return {
        (entity_type, entity_id): title
        for entity_type, ids in wanted.items()
        for entity_id, title in titles_of(session, entity_type, ids).items()
    }


def type_labels(session: Session, link_ids: set[int]) -> dict[tuple[int, str], str]:
    """Return what the ERPs call their actor types, by link and type name."""
    rows = session.execute(
        select(LinkActorType.link_id, LinkActorType.name, LinkActorType.declaration).where(
            LinkActorType.link_id.in_(link_ids)
        )
    )
    return {(link_id, name): str(declaration["label"]) for link_id, name, declaration in rows}


def link_names(session: Session, link_ids: set[int]) -> dict[int, str]:
    """Return the names of links that the reader was found to see."""
    rows = session.execute(select(ErpLink.id, ErpLink.name).where(ErpLink.id.in_(link_ids)))
    return {row.id: row.name for row in rows}


def _shown(
    entry: LogEntry, fields: CrmFields, declared: ErpFields, titles: Titles, people: Mapping[int, str]
) -> ShownChange:
    field = _field_of(entry, fields)
    erp_field = declared.get((entry.link_id, entry.actor_type, entry.erp_field))
    blank = ShownValue(None, None)
    old, new = both_values(entry, field, declared) if entry.crm_field else (blank, blank)
    return ShownChange(
        entry=entry,
        title=titles.get((entry.entity_type, entry.entity_id or 0), entry.erp_key),
        field_label=(str(field.label) if field else entry.crm_field),
        erp_label=erp_field.label if erp_field else entry.erp_field,
        old=old,
        new=new,
        what=kind_words(entry.kind, entry.target),
        rows=row_differences(old, new),
        reason=_why(entry),
        done_by=people.get(entry.done_by or 0, ""),
    )


def _why(entry: LogEntry) -> str:
    if entry.reason:
        return win_words(entry.reason)
    words: dict[str, str] = {
        LogKind.CREATED.value: _("was not paired, and is created as the mapping says"),
        LogKind.PAIRED.value: _("the match fields are equal"),
        LogKind.GONE.value: _("the ERP no longer has it"),
        LogKind.CONFLICT.value: _("both changed; the mapping asks a person"),
    }
    return words.get(entry.kind, "")


def _field_of(entry: LogEntry, fields: CrmFields) -> CrmField | None:
    return fields.get(entry.entity_type, {}).get(entry.crm_field)


def _titles(session: Session, entries: Sequence[LogEntry], fields: CrmFields) -> Titles:
    wanted: list[tuple[str, int | None]] = [(entry.entity_type, entry.entity_id) for entry in entries]
    for entry in entries:
        field = _field_of(entry, fields)
        if field is not None and field.type is CrmType.REFERENCE and entry.target == "crm":
            wanted += [(field.references, value) for value in _ids(entry.old, entry.new)]
    return record_titles(session, wanted)


def _people(session: Session, entries: Sequence[LogEntry]) -> dict[int, str]:
    ids = {entry.done_by for entry in entries if entry.done_by is not None}
    if not ids:
        return {}
    return {row.id: row.name for row in session.execute(select(User.id, User.name).where(User.id.in_(ids)))}


def _ids(*values: Any) -> list[int]:
    return [value for value in values if isinstance(value, int)]
