"""Caching what a link's ERP declares, without losing what an administrator has mapped."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from erp_links.links.models import ErpLink
from erp_links.mapping.compatibility import is_single
from erp_links.mapping.declared import DeclaredLink
from erp_links.mapping.entities import suitable_entities
from erp_links.mapping.full_read import FullReadReason, mark_full_push, mark_full_read
from erp_links.mapping.models import LinkActorType, LinkField
from erp_links.mapping.proposals import propose, propose_match
from erp_links.mapping.row_columns import propose_columns
from host.crm.registry import CrmField, fields_of
from sync_connectors import ActorType, Field
from sync_connectors.codec import actor_type_to_json, field_to_json

FIELDS_SHOWN_AT_FIRST = 8
COLUMNS_SEARCHED_AT_FIRST = 4


def take_over_declaration(session: Session, link: ErpLink, declared: DeclaredLink, at: datetime | None = None) -> None:
    """Store what the ERP declares now.

    What vanished keeps its row and its mapping and is flagged with the time; what is back loses the flag. New fields
    get a proposed CRM field, never a direction. An administrator's choices, the order of fields among them, stay.
    It counts as declared `at` that time, or now.
    """
    now = at or datetime.now(UTC)
    rows = {
        row.name: row
        for row in session.scalars(
            select(LinkActorType).where(LinkActorType.link_id == link.id).options(selectinload(LinkActorType.fields))
        )
    }
    is_first = not rows
    for rank, actor_type in enumerate(declared.actor_types):
        row = rows.pop(actor_type.name, None)
        before = _state(row) if row is not None else None
        if row is None:
            row = LinkActorType(link_id=link.id, name=actor_type.name, declaration={}, match_fields=[], fields=[])
            session.add(row)
        has_entity = _take_over_type(row, actor_type, rank)
        _take_over_fields(session, row, declared, now, proposes_all=has_entity)
        if before is not None and before != _state(row):
            row.version += 1
    for row in rows.values():
        if row.missing_since is None:
            row.missing_since = now
            row.version += 1
    link.declared_at = now
    session.flush()
    if is_first:
        _switch_first_on(session, link)


def _take_over_type(row: LinkActorType, actor_type: ActorType, rank: int) -> bool:
    """Refresh an actor type; return whether it has an entity of the hub now that it had none before."""
    if row.missing_since is not None:
        row.missing_since = None
        _became_eligible(row, to_crm=True, to_erp=True)
    row.rank = rank
    row.declaration = actor_type_to_json(actor_type)
    if row.entity_type:
        return False
    row.entity_type = next(iter(suitable_entities(actor_type)), "")
    return bool(row.entity_type)


def _take_over_fields(
    session: Session, row: LinkActorType, declared: DeclaredLink, now: datetime, *, proposes_all: bool
) -> None:
    present = sorted(declared.fields.get(row.name, ()), key=lambda field: field.rank)  # stable: ties as declared
    searchable = frozenset(declared.searchable.get(row.name, ()))
    crm_fields = fields_of(session, row.entity_type) if row.entity_type else {}
    known = {each.key: each for each in row.fields}
    added = [field for field in present if field.key not in known]
    for field in present:
        if field.key in known:
            _refresh(known[field.key], row, field)
    _add_fields(row, added)
    open_fields = [field for field in (present if proposes_all else added) if not _is_mapped(known.get(field.key))]
    proposed = _propose(row, open_fields, crm_fields)
    if proposes_all:
        row.match_fields = propose_match(row.entity_type, set(proposed.values()))
    if not known:
        _choose_what_is_shown(row, present, proposed)
    keys = {field.key for field in present}
    for each in row.fields:
        each.searchable = each.key in searchable
        if each.key not in keys and each.missing_since is None:
            each.missing_since = now


def _refresh(known: LinkField, row: LinkActorType, field: Field) -> None:
    known.declaration = field_to_json(field)
    if known.missing_since is not None:
        known.missing_since = None
        _became_eligible(row, to_crm=known.to_crm, to_erp=known.to_erp)


def _add_fields(row: LinkActorType, added: Sequence[Field]) -> None:
    first_rank = max((each.rank for each in row.fields), default=-1) + 1
    for rank, field in enumerate(added, start=first_rank):
        row.fields.append(LinkField(key=field.key, rank=rank, declaration=field_to_json(field)))


def _is_mapped(known: LinkField | None) -> bool:
    return known is not None and known.crm_field is not None


def _propose(row: LinkActorType, fields: Sequence[Field], crm_fields: Mapping[str, CrmField]) -> dict[str, str]:
    taken = {each.crm_field for each in row.fields if each.crm_field}
    proposed = propose(row.entity_type, fields, crm_fields, taken)
    declared = {field.key: field for field in fields}
    for each in row.fields:
        if each.key in proposed:
            each.crm_field, each.proposed = proposed[each.key], True
            each.row_columns = propose_columns(declared[each.key], crm_fields.get(proposed[each.key]))
    return proposed


def _choose_what_is_shown(row: LinkActorType, fields: Sequence[Field], proposed: Mapping[str, str]) -> None:
    """Start with a tab that is neither empty nor endless: what the CRM does not show anyway, up to a screenful."""
    carrying = [field.key for field in fields if is_single(field.type)]
    shown = [key for key in carrying if key not in proposed][:FIELDS_SHOWN_AT_FIRST]
    searched = carrying[:COLUMNS_SEARCHED_AT_FIRST]
    for each in row.fields:
        each.show_on_tab = each.key in shown
        each.show_in_search = each.key in searched


def _switch_first_on(session: Session, link: ErpLink) -> None:
    """Switch on the first actor type that the hub has an entity for, so that the mapping page starts with work."""
    first = session.scalars(
        select(LinkActorType)
        .where(LinkActorType.link_id == link.id, LinkActorType.entity_type != "")
        .order_by(LinkActorType.rank)
        .limit(1)
    ).first()
    if first is not None:
        first.active = True


def _became_eligible(row: LinkActorType, *, to_crm: bool, to_erp: bool) -> None:
    if row.active and to_crm:
        mark_full_read(row, FullReadReason.RETURNED)
    if row.active and to_erp:
        mark_full_push(row, FullReadReason.RETURNED)


def _state(row: LinkActorType) -> object:
    return (
        row.declaration,
        row.entity_type,
        row.missing_since,
        [(each.key, each.declaration, each.searchable, each.missing_since) for each in row.fields],
    )
