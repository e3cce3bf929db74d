"""The one field registry: every entity with its standard and its user-defined fields.

A new entity is one more declaration in `ENTITIES`; its table, pages and API follow from it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from host.crm.entities.company import COMPANY
from host.crm.entities.person import PERSON
from host.crm.entities.product import PRODUCT
from host.crm.entities.project import PROJECT
from host.crm.entities.sales_order import SALES_ORDER
from host.crm.entity_type import EntityType
from host.crm.fields import CrmField, CrmType
from host.crm.models import CustomField
from host.errors import NotFoundError

__all__ = ["CrmField", "CrmType", "EntityType", "entity_type_of", "entity_types", "fields_of"]

ENTITIES = (COMPANY, PERSON, PROJECT, PRODUCT, SALES_ORDER)
"""The hub's entities; one that refers to another stands after it."""

_BY_KEY = MappingProxyType({entity.key: entity for entity in ENTITIES})


def entity_types() -> Mapping[str, EntityType]:
    """Return the declared entities by key, parents first."""
    return _BY_KEY


def entity_type_of(key: str) -> EntityType:
    """Return the entity with this key.

    Raises:
        NotFoundError: none is declared under it.
    """
    try:
        return _BY_KEY[key]
    except KeyError:
        raise NotFoundError(f"the hub has no entity {key!r}") from None


def fields_of(session: Session, entity_type: str) -> Mapping[str, CrmField]:
    """Return the standard fields of an entity, then its user-defined ones, by key."""
    fields = dict(entity_type_of(entity_type).by_key)
    statement = (
        select(CustomField)
        .where(CustomField.entity_type == entity_type, CustomField.deleted_at.is_(None))
        .order_by(CustomField.rank, CustomField.id)
    )
    for row in session.scalars(statement):
        fields[row.key] = _declared(row)
    return fields


def _declared(row: CustomField) -> CrmField:
    return CrmField(
        key=row.key,
        label=row.label,
        type=CrmType(row.type),
        max_length=row.max_length,
        list_key=row.list_key or "",
        searchable=row.searchable,
        indexed=row.searchable,
        custom=True,
        description=row.description,
    )
