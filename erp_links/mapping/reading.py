"""A link's mapping as pages, API, activation and saving look at it: rows with what they mean and what is possible."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from erp_links.links.models import ErpLink, LinkState
from erp_links.mapping.compatibility import is_offered
from erp_links.mapping.crm_fields import CrmFieldsReader
from erp_links.mapping.directions import Directions, directions_of
from erp_links.mapping.models import LinkActorType, LinkField
from erp_links.mapping.row_columns import MappedColumn, mapped_columns
from host.crm.registry import CrmField, EntityType, entity_types, fields_of
from host.errors import NotFoundError
from sync_connectors import ActorType, Field
from sync_connectors.codec import actor_type_from_json, field_from_json

Masters = Mapping[tuple[str, str], str]
"""(entity type, CRM field) → name of the other active link that fills it one-way."""


@dataclass(frozen=True, slots=True)
class MappedField:
    """One ERP field: its row, its declaration, the CRM field it is mapped to, and which directions are possible."""

    row: LinkField
    field: Field
    crm_field: CrmField | None
    directions: Directions

    @property
    def is_offered(self) -> bool:
        """Whether the type of the CRM field goes with the ERP field at all."""
        return self.crm_field is not None and is_offered(self.field.type, self.crm_field.type)

    @property
    def columns(self) -> tuple[MappedColumn, ...]:
        """The columns of a field of rows with what they go with; empty for all others."""
        return mapped_columns(self.field, self.crm_field, self.row.row_columns)

    @property
    def is_two_way(self) -> bool:
        """Whether both sides can change it."""
        return self.row.to_crm and self.row.to_erp

    @property
    def is_proposed(self) -> bool:
        """Whether the CRM field was proposed, and nobody has accepted or changed it yet."""
        row = self.row
        return row.proposed and row.crm_field is not None and not (row.to_crm or row.to_erp)

    @property
    def is_gone(self) -> bool:
        """Whether the ERP no longer has the field."""
        return self.row.missing_since is not None

    @property
    def is_lost(self) -> bool:
        """Whether the CRM field that it is mapped to is gone."""
        return bool(self.row.crm_field) and self.crm_field is None


@dataclass(frozen=True, slots=True)
class MappedActorType:
    """One actor type of the link; `entity` and `crm_fields` are empty when no hub entity suits or is chosen."""

    row: LinkActorType
    actor_type: ActorType
    entity: EntityType | None
    crm_fields: Mapping[str, CrmField]
    fields: tuple[MappedField, ...]

    @property
    def name(self) -> str:
        """The actor type's name, such as `Customer`."""
        return self.row.name

    @property
    def mapped_count(self) -> int:
        """How many fields are mapped with a direction."""
        return sum(1 for mapped in self.fields if mapped.row.to_crm or mapped.row.to_erp)

    @property
    def proposals(self) -> tuple[MappedField, ...]:
        """The fields whose CRM field was proposed and not yet accepted or changed."""
        return tuple(mapped for mapped in self.fields if mapped.is_proposed)


@dataclass(frozen=True, slots=True)
class LinkMapping:
    """All actor types of a link in declared order.

    `version` rises with every change, whether an administrator made it or the connector declared something new.
    """

    link: ErpLink
    actor_types: tuple[MappedActorType, ...]
    version: int
    masters: Masters

    def named(self, name: str) -> MappedActorType | None:
        """Return the actor type of this name, if the link has it."""
        return next((each for each in self.actor_types if each.name == name), None)

    def with_id(self, type_id: int) -> MappedActorType:
        """Return the actor type whose row has this id.

        Raises:
            NotFoundError: The link has none.
        """
        for each in self.actor_types:
            if each.row.id == type_id:
                return each
        raise NotFoundError("the link has no such actor type")


def mapping_of(session: Session, link: ErpLink) -> LinkMapping:
    """Return the whole mapping of a link; a constant number of statements, however many fields there are."""
    rows = session.scalars(
        select(LinkActorType)
        .where(LinkActorType.link_id == link.id)
        .options(selectinload(LinkActorType.fields))
        .order_by(LinkActorType.rank, LinkActorType.id)
        .execution_options(populate_existing=True)
    ).all()
    masters = masters_elsewhere(session, link)
    crm_fields = {name: fields_of(session, name) for name in {row.entity_type for row in rows} & set(entity_types())}
    actor_types = tuple(_mapped(row, crm_fields.get(row.entity_type, {}), masters) for row in rows)
    return LinkMapping(link, actor_types, sum(row.version for row in rows), masters)


def refreshed(mapping: LinkMapping, crm_fields_of: CrmFieldsReader) -> LinkMapping:
    """Return what the mapping is after its rows were changed; they are not read again."""
    known = entity_types()
    return replace(
        mapping,
        version=sum(each.row.version for each in mapping.actor_types),
        actor_types=tuple(
            _mapped(
                each.row, crm_fields_of(each.row.entity_type) if each.row.entity_type in known else {}, mapping.masters
            )
            for each in mapping.actor_types
        ),
    )


def masters_elsewhere(session: Session, link: ErpLink) -> dict[tuple[str, str], str]:
    """Return which CRM fields another active link fills one-way: a CRM field has one such master (spec 2.7)."""
    rows = session.execute(
        select(LinkActorType.entity_type, LinkField.crm_field, ErpLink.name)
        .join(LinkActorType, LinkField.actor_type_id == LinkActorType.id)
        .join(ErpLink, LinkActorType.link_id == ErpLink.id)
        .where(
            ErpLink.id != link.id,
            ErpLink.state == LinkState.ACTIVE.value,
            LinkActorType.active,
            LinkField.to_crm,
            ~LinkField.to_erp,
            LinkField.crm_field.is_not(None),
            LinkField.missing_since.is_(None),
        )
    )
    return {(entity_type, crm_field or ""): name for entity_type, crm_field, name in rows}


def _mapped(row: LinkActorType, crm_fields: Mapping[str, CrmField], masters: Masters) -> MappedActorType:
    actor_type = actor_type_from_json(row.declaration)
    return MappedActorType(
        row=row,
        actor_type=actor_type,
        entity=entity_types().get(row.entity_type),
        crm_fields=crm_fields,
        fields=tuple(_mapped_field(each, row, actor_type, crm_fields, masters) for each in row.fields),
    )


def _mapped_field(
    row: LinkField,
    type_row: LinkActorType,
    actor_type: ActorType,
    crm_fields: Mapping[str, CrmField],
    masters: Masters,
) -> MappedField:
    field = field_from_json(row.declaration)
    crm_field = crm_fields.get(row.crm_field or "")
    master = masters.get((type_row.entity_type, row.crm_field or ""), "")
    return MappedField(
        row=row,
        field=field,
        crm_field=crm_field,
        directions=directions_of(actor_type, field, row.missing_since, row.crm_field, crm_field, master),
    )
