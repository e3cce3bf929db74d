"""The frame around a record's card: its head and its tabs, also those that parts above the hub add."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from host.accounts.principal import Principal
from host.crm import records
from host.crm.entity_type import EntityType
from host.crm.extensions import CardTab, current_extensions, register_card_tab
from host.crm.fields import CrmType
from host.crm.lists import items_for
from host.crm.record import Record
from host.crm.registry import entity_type_of, entity_types
from host.crm.tables import table_of
from host.crm.titles import referenced_titles

__all__ = ["CardTab", "ShownTab", "card_frame", "register_card_tab"]

REFERRING_ORDER = 50


@dataclass(frozen=True, slots=True)
class ShownTab:
    """A tab as the template needs it."""

    label: str
    url: str
    is_current: bool
    count: int | None


def card_frame(
    session: Session, principal: Principal, entity_type: str, record_id: int, current: str
) -> dict[str, Any]:
    """Return what a template that extends `crm/card_frame.html` needs: `entity`, `record`, `subtitle` and `card_tabs`.

        return render_template("tab/erp.html", **card_frame(session, current_principal(), "company", 7, "erp"), …)

    Args:
        session: A session.
        principal: The reader.
        entity_type: Key of the entity.
        record_id: Id of the record.
        current: Key of the tab that is shown.

    Raises:
        NotFoundError: there is no such record.
    """
    record = records.get(session, entity_type, record_id)
    entity = entity_type_of(entity_type)
    return {
        "entity": entity,
        "record": record,
        "subtitle": _subtitle(session, entity, record),
        "card_tabs": _tabs(session, principal, entity, record, current),
    }


def _subtitle(session: Session, entity: EntityType, record: Record) -> str:
    fields = [entity.by_key[key] for key in entity.subtitle_fields if record.values[key] is not None]
    items = items_for(session, fields)
    titles = referenced_titles(session, fields, [record])
    words = []
    for field in fields:
        value = record.values[field.key]
        if field.type is CrmType.LIST:
            words.append(items[field.list_key].get(str(value), str(value)))
        elif field.type is CrmType.REFERENCE and isinstance(value, int):
            words.append(titles.get((field.references, value), ""))
        else:
            words.append(str(value))
    return " · ".join(word for word in words if word)


def _tabs(session: Session, principal: Principal, entity: EntityType, record: Record, current: str) -> list[ShownTab]:
    where: dict[str, Any] = {"entity_type": entity.key, "record_id": record.id}
    shown = [(0, ShownTab(_("Card"), url_for("crm.card", **where), current == "card", None))]
    for tab in current_extensions().tabs.values():
        if entity.key in tab.entity_types:
            count = tab.count(session, principal, entity.key, record.id)
            if count is None or count >= 0:
                url = url_for(tab.endpoint, **where)
                shown.append((tab.order, ShownTab(str(tab.label), url, current == tab.key, count)))
    for other in referring_entities(entity.key):
        url = url_for("crm.referring", **where, other_path=other.path)
        count = _count_referring(session, other, entity.key, record.id)
        shown.append((REFERRING_ORDER, ShownTab(str(other.plural), url, current == other.key, count)))
    return [tab for _order, tab in sorted(shown, key=lambda pair: pair[0])]


def referring_entities(entity_type: str) -> list[EntityType]:
    """Return the entities with a field that refers to this one."""
    return [other for other in entity_types().values() if _reference_to(other, entity_type)]


def _reference_to(other: EntityType, entity_type: str) -> str:
    keys = (field.key for field in other.fields if field.type is CrmType.REFERENCE and field.references == entity_type)
    return next(keys, "")


def reference_field(other: EntityType, entity_type: str) -> str:
    """Return the key of the field by which `other` refers to an entity.

    Raises:
        KeyError: it does not.
    """
    key = _reference_to(other, entity_type)
    if not key:
        raise KeyError(f"{other.key} does not refer to {entity_type}")
    return key


def _count_referring(session: Session, other: EntityType, entity_type: str, record_id: int) -> int:
    table = table_of(other.key)
    column = table.c[other.by_key[reference_field(other, entity_type)].column]
    return session.scalar(select(func.count()).select_from(table).where(column == record_id)) or 0
