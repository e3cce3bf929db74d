"""Saving a mapping: in one piece or not at all."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from erp_links.links.finding import OBJECT_TYPE, link_to_change
from erp_links.links.models import ErpLink, LinkState
from erp_links.mapping.accepting import accept
from erp_links.mapping.crm_fields import crm_fields_reader
from erp_links.mapping.eligibility import eligible, mark_what_became_eligible
from erp_links.mapping.models import LinkActorType
from erp_links.mapping.reading import LinkMapping, mapping_of, refreshed
from erp_links.mapping.submission import lay_over
from erp_links.sync.models import Pairing
from host.audit.doer import Doer
from host.audit.models import AuditEntry
from host.audit.operations import changes_between, record
from host.errors import ConflictError, InvalidInputError, StaleVersionError

ACTION = "erp_link.map"
"""The audit action of a saved mapping."""


def lock_words(link: ErpLink) -> str:
    """Return why the mapping of a link cannot be changed now, or an empty text (spec C-10)."""
    if link.state == LinkState.ACTIVE:
        return str(_("the mapping is locked while the link is active"))
    return ""


def save_mapping(
    session: Session, doer: Doer, link: ErpLink, submission: Mapping[str, Any], expected_version: int | None = None
) -> LinkMapping:
    """Store a submitted mapping.

    Args:
        session: A writing session.
        doer: Who saves.
        link: The link.
        submission: Loaded through `MappingInput`.
        expected_version: Version of the mapping that the doer has seen, or None where the doer has seen none.

    Returns:
        The mapping as it is now.

    Raises:
        ConflictError: The link is active, or records are paired as another entity than the one chosen now.
        StaleVersionError: The mapping, or what the ERP declares, has changed since.
        InvalidInputError: With every fault by path; nothing is stored.
    """
    link = link_to_change(session, link.id, None)
    mapping = mapping_of(session, link)
    if expected_version is not None and mapping.version != expected_version:
        raise _stale(session, link)
    locked = lock_words(link)
    if locked:
        raise ConflictError(locked, _("deactivate the link, change the mapping and activate it again"))
    before = {each.name: (eligible(each.row), _told(each.row)) for each in mapping.actor_types}
    entities = {each.name: each.row.entity_type for each in mapping.actor_types}
    crm_fields_of = crm_fields_reader(session)
    with session.no_autoflush:
        mapping, faults = lay_over(mapping, submission, crm_fields_of)
        if faults:
            session.expire_all()  # the rows carry the submitted values; nobody may store them by committing
            raise InvalidInputError(faults)
        _accept_proposals(mapping, submission)
        _refuse_other_entity(session, link, mapping, entities)
    changes: dict[str, Any] = {}
    for each in mapping.actor_types:
        could, told = before[each.name]
        changed = changes_between(told, _told(each.row))
        if changed:
            each.row.version += 1
            changes |= {f"{each.name}: {what}": change for what, change in changed.items()}
        mark_what_became_eligible(each.row, could)
    if changes:
        record(session, doer, ACTION, OBJECT_TYPE, link.id, link.name, changes)
    session.flush()
    return refreshed(mapping, crm_fields_of)


def _accept_proposals(mapping: LinkMapping, submission: Mapping[str, Any]) -> None:
    for wanted in submission["actor_types"]:
        mapped = mapping.named(wanted["name"])
        if mapped is not None and "accept_proposals" in wanted:
            accept(mapped, wanted["accept_proposals"])


def _refuse_other_entity(session: Session, link: ErpLink, mapping: LinkMapping, entities: Mapping[str, str]) -> None:
    for each in mapping.actor_types:
        if entities[each.name] in {"", each.row.entity_type}:
            continue
        count = session.scalar(select(func.count()).where(Pairing.link_id == link.id, Pairing.actor_type == each.name))
        if count:
            session.expire_all()
            raise ConflictError(
                _("%(count)d records of “%(name)s” are paired already", count=count, name=each.actor_type.label),
                _("disconnect them before another CRM entity is chosen"),
            )


def _told(row: LinkActorType) -> dict[str, Any]:
    """Return what the audit log tells of an actor type, flat: its settings, and one entry for each field."""
    told: dict[str, Any] = {
        "active": row.active,
        "entity": row.entity_type,
        "unpaired in the ERP": row.unpaired_pull,
        "unpaired in the CRM": row.unpaired_push,
        "match fields": list(row.match_fields),
        "order": [each.key for each in sorted(row.fields, key=lambda each: each.rank)],
    }
    for each in row.fields:
        told[f"fields.{each.key}"] = {
            "crm_field": each.crm_field,
            "proposed": each.proposed,
            "to_crm": each.to_crm,
            "to_erp": each.to_erp,
            "show_on_tab": each.show_on_tab,
            "show_in_search": each.show_in_search,
            "policy": each.policy,
            "row_columns": dict(each.row_columns),
        }
    return told


def _stale(session: Session, link: ErpLink) -> StaleVersionError:
    last = session.scalar(
        select(AuditEntry)
        .where(
            AuditEntry.object_type == OBJECT_TYPE,
            AuditEntry.object_id == str(link.id),
            AuditEntry.action == ACTION,
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    if last is None or (link.declared_at is not None and link.declared_at > last.at):
        return StaleVersionError()  # the ERP declared something new, which nobody has done
    return StaleVersionError(last.actor_name, last.at)
