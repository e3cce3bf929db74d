"""Conflicts, unclear creates and pairings as pages and the API show them, with a constant number of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.hub_additions import link_names as visible_names
from erp_links.sync.models import Conflict, Intent, Pairing
from erp_links.sync.views.presenting import crm_fields, link_names, record_titles, type_labels
from erp_links.sync.views.shown_values import ShownValue, erp_fields, of_erp, of_hub
from host.accounts.models import User
from host.accounts.principal import Principal
from host.crm import bulk
from host.crm.fields import CrmType
from host.crm.lists import Items, items_for
from host.crm.origins import origin_words
from host.crm.record import FieldStamp
from host.crm.titles import Titles


@dataclass(frozen=True, slots=True)
class ShownConflict:
    """A conflict; the values are blank for who may not see those of the link.

    Attributes:
        title: What the record of the hub is called; its ERP key where it has gone.
        changed_by: Who gave the hub its value, in words; empty where the record has gone.
        stamp: When that was.
        chosen_by: Who decided; empty while nobody has.
    """

    conflict: Conflict
    pairing: Pairing
    link_name: str
    title: str
    field_label: str
    erp_label: str
    crm: ShownValue
    erp: ShownValue
    stamp: FieldStamp | None
    changed_by: str
    chosen_by: str
    is_visible: bool


@dataclass(frozen=True, slots=True)
class ShownConflicts:
    """A page of conflicts, with what is needed to show list items and references by name."""

    rows: Sequence[ShownConflict]
    items: Mapping[str, Items]
    titles: Titles


@dataclass(frozen=True, slots=True)
class ShownIntent:
    """An unclear create, with what was sent by the labels of the ERP's fields."""

    intent: Intent
    link_name: str
    title: str
    actor_label: str
    sent: Sequence[tuple[str, ShownValue]]
    is_visible: bool


@dataclass(frozen=True, slots=True)
class ShownPairing:
    """A pairing; `title` is empty where the record of the hub is gone."""

    pairing: Pairing
    link_name: str
    title: str
    actor_label: str


def show_conflicts(
    session: Session, principal: Principal, conflicts: Sequence[Conflict], seen_links: frozenset[int]
) -> ShownConflicts:
    """Return conflicts as a page shows them; `seen_links` are the links whose ERP values the reader may see."""
    pairings = {
        each.id: each
        for each in session.scalars(select(Pairing).where(Pairing.id.in_({each.pairing_id for each in conflicts})))
    }
    link_ids = {conflict.link_id for conflict in conflicts}
    fields = crm_fields(session, {each.entity_type for each in pairings.values()})
    declared = erp_fields(session, link_ids, {conflict.erp_field for conflict in conflicts})
    names = link_names(session, link_ids)
    stamps = _stamps(session, conflicts, pairings)
    by_whom = origin_words(session, {stamp.origin for stamp in stamps.values()}, principal, visible_names)
    people = _people(session, {each.chosen_by for each in conflicts if each.chosen_by is not None})
    titles = _titles(session, conflicts, pairings)
    rows, shown_fields = [], []
    for conflict in conflicts:
        pairing, is_visible = pairings[conflict.pairing_id], conflict.link_id in seen_links
        field = fields.get(pairing.entity_type, {}).get(conflict.crm_field)
        erp_field = declared.get((conflict.link_id, pairing.actor_type, conflict.erp_field))
        stamp = stamps.get(conflict.id)
        if field is not None:
            shown_fields.append(field)
        rows.append(
            ShownConflict(
                conflict=conflict,
                pairing=pairing,
                link_name=names.get(conflict.link_id, ""),
                title=titles.get((pairing.entity_type, pairing.entity_id or 0), pairing.erp_key),
                field_label=str(field.label) if field else conflict.crm_field,
                erp_label=erp_field.label if erp_field else conflict.erp_field,
                crm=of_hub(field, conflict.hub_value) if is_visible else ShownValue(None, None),
                erp=of_erp(erp_field, conflict.erp_value) if is_visible else ShownValue(None, None),
                stamp=stamp,
                changed_by=by_whom.get(stamp.origin, "") if stamp else "",
                chosen_by=people.get(conflict.chosen_by or 0, ""),
                is_visible=is_visible,
            )
        )
    return ShownConflicts(rows, items_for(session, shown_fields), titles)


def show_intents(session: Session, intents: Sequence[Intent], seen_links: frozenset[int]) -> list[ShownIntent]:
    """Return unclear creates as a page shows them."""
    link_ids = {intent.link_id for intent in intents}
    declared = erp_fields(session, link_ids, {key for intent in intents for key in intent.erp_values})
    labels = type_labels(session, link_ids)
    names = link_names(session, link_ids)
    titles = record_titles(session, [(each.entity_type, each.entity_id) for each in intents])
    shown = []
    for intent in intents:
        is_visible = intent.link_id in seen_links
        sent = [
            (field.label if field else key, of_erp(field, stored))
            for key, stored in intent.erp_values.items()
            for field in [declared.get((intent.link_id, intent.actor_type, key))]
            if stored is not None
        ]
        shown.append(
            ShownIntent(
                intent=intent,
                link_name=names.get(intent.link_id, ""),
                title=titles.get((intent.entity_type, intent.entity_id), intent.label),
                actor_label=labels.get((intent.link_id, intent.actor_type), intent.actor_type),
                sent=sorted(sent, key=lambda pair: pair[0]) if is_visible else [],
                is_visible=is_visible,
            )
        )
    return shown


def show_pairings(session: Session, pairings: Sequence[Pairing]) -> list[ShownPairing]:
    """Return pairings as a page shows them."""
    link_ids = {pairing.link_id for pairing in pairings}
    labels, names = type_labels(session, link_ids), link_names(session, link_ids)
    titles = record_titles(session, [(each.entity_type, each.entity_id) for each in pairings])
    return [
        ShownPairing(
            pairing=each,
            link_name=names.get(each.link_id, ""),
            title=titles.get((each.entity_type, each.entity_id or 0), ""),
            actor_label=labels.get((each.link_id, each.actor_type), each.actor_type),
        )
        for each in pairings
    ]


def _stamps(session: Session, conflicts: Sequence[Conflict], pairings: Mapping[int, Pairing]) -> dict[int, FieldStamp]:
    """Return when the hub's field of each conflict took its value, by conflict."""
    wanted: dict[str, dict[int, list[Conflict]]] = {}
    for conflict in conflicts:
        pairing = pairings[conflict.pairing_id]
        if pairing.entity_id is not None:
            wanted.setdefault(pairing.entity_type, {}).setdefault(pairing.entity_id, []).append(conflict)
    found: dict[int, FieldStamp] = {}
    for entity_type, by_entity in wanted.items():
        for record in bulk.read_many(session, entity_type, by_entity, fields=()).values():
            found |= {conflict.id: record.stamp(conflict.crm_field) for conflict in by_entity[record.id]}
    return found


def _titles(session: Session, conflicts: Sequence[Conflict], pairings: Mapping[int, Pairing]) -> Titles:
    wanted: list[tuple[str, int | None]] = [(each.entity_type, each.entity_id) for each in pairings.values()]
    fields = crm_fields(session, {each.entity_type for each in pairings.values()})
    for conflict in conflicts:
        field = fields.get(pairings[conflict.pairing_id].entity_type, {}).get(conflict.crm_field)
        if field is not None and field.type is CrmType.REFERENCE and isinstance(conflict.hub_value, int):
            wanted.append((field.references, conflict.hub_value))
    return record_titles(session, wanted)


def _people(session: Session, ids: set[int]) -> dict[int, str]:
    return {row.id: row.name for row in session.execute(select(User.id, User.name).where(User.id.in_(ids)))}
