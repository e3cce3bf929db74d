"""The mapping of one actor type, made ready for a run: look-ups and functions, no database and no schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.mapping.compatibility import conversion
from erp_links.mapping.converting import Converter, converter
from erp_links.mapping.models import LinkActorType, LinkField, Unpaired
from host.crm.fields import CrmField, CrmType
from host.crm.models import CrmListItem
from host.crm.registry import EntityType, entity_type_of, entity_types, fields_of
from sync_connectors import ActorType, Field, FieldType
from sync_connectors.codec import actor_type_from_json, field_from_json, value_from_json
from sync_connectors.contract.values import Value

ListTexts = Mapping[str, Mapping[str, str]]
"""Display texts of the ERP's lists, by list name and item key."""


@dataclass(frozen=True, slots=True)
class CompiledField:
    """One field mapping that fills the hub.

    Attributes:
        two_way: Whether changes of the hub go back; otherwise only the ERP's changes count.
        convert: ERP value → hub value.
    """

    erp: Field
    crm: CrmField
    two_way: bool
    policy: str
    update_rule: str
    convert: Converter

    def stored(self, json: object) -> Value:
        """Return the ERP value that a base holds in its JSON form."""
        return value_from_json(self.erp.type, json)


@dataclass(frozen=True)
class CompiledMapping:
    """The mapping of one actor type.

    Attributes:
        fields: The field mappings that fill the hub.
        required: Hub fields without which no record can be made.
        parent_field: Hub field that refers to the record of the actor's parent; empty where it has none.
        fingerprint: 16 bytes that change with anything that may turn the same ERP values into others.
    """

    actor_type: ActorType
    entity: EntityType
    fields: tuple[CompiledField, ...]
    match_fields: tuple[str, ...]
    unpaired: Unpaired
    required: tuple[CrmField, ...]
    parent_field: str
    fingerprint: bytes

    @property
    def erp_keys(self) -> tuple[str, ...]:
        """Keys of the ERP fields that a pull asks for."""
        return tuple(field.erp.key for field in self.fields)


def compile_mapping(
    session: Session, row: LinkActorType, zone_name: str = "", texts: ListTexts | None = None
) -> CompiledMapping:
    """Make the mapping of an actor type ready for a run.

    Fields that are gone from the ERP or the hub, or no longer go together, are left out: activation asks to unmap them,
    and until then they change nothing.

    Args:
        session: A session.
        row: The actor type with its fields.
        zone_name: The link's ERP time zone; empty means UTC.
        texts: Display texts for the lists that `lists_shown_as_text` names.

    Raises:
        NotFoundError: The hub does not have the entity that it is mapped to.
    """
    actor_type = actor_type_from_json(row.declaration)
    entity = entity_type_of(row.entity_type)
    crm_fields = fields_of(session, row.entity_type)
    chosen = [field for field in row.fields if field.to_crm and _is_present(field, crm_fields)]
    items = _list_items(session, {crm_fields[field.crm_field or ""].list_key for field in chosen})
    zone = ZoneInfo(zone_name) if zone_name else None
    fields = tuple(_compiled(field, crm_fields[field.crm_field or ""], items, texts or {}, zone) for field in chosen)
    parent_field = _parent_field(session, row, actor_type, entity)
    return CompiledMapping(
        actor_type=actor_type,
        entity=entity,
        fields=fields,
        match_fields=tuple(key for key in row.match_fields if key in crm_fields),
        unpaired=Unpaired(row.unpaired_pull),
        required=tuple(field for field in entity.fields if field.required),
        parent_field=parent_field,
        fingerprint=_fingerprint(fields, parent_field, zone_name),
    )


def lists_shown_as_text(session: Session, row: LinkActorType) -> set[str]:
    """Return the names of the ERP's lists whose display texts the mapping writes into text fields."""
    crm_fields = fields_of(session, row.entity_type)
    names = set()
    for field in row.fields:
        if field.to_crm and _is_present(field, crm_fields) and crm_fields[field.crm_field or ""].is_text:
            declared = field_from_json(field.declaration)
            if declared.type is FieldType.LIST:
                names.add(declared.list_name)
    return names


def _is_present(field: LinkField, crm_fields: Mapping[str, CrmField]) -> bool:
    crm_field = crm_fields.get(field.crm_field or "")
    if field.missing_since is not None or crm_field is None:
        return False
    return conversion(field_from_json(field.declaration).type, crm_field.type).to_crm


def _compiled(
    row: LinkField, crm_field: CrmField, items: Mapping[str, set[str]], texts: ListTexts, zone: ZoneInfo | None
) -> CompiledField:
    erp_field = field_from_json(row.declaration)
    return CompiledField(
        erp=erp_field,
        crm=crm_field,
        two_way=row.to_erp,
        policy=row.policy,
        update_rule=row.update_rule,
        convert=converter(
            erp_field,
            crm_field,
            list_items=items.get(crm_field.list_key, set()),
            texts=texts.get(erp_field.list_name),
            zone=zone,
        ),
    )


def _list_items(session: Session, list_keys: set[str]) -> dict[str, set[str]]:
    items: dict[str, set[str]] = {}
    rows = session.execute(
        select(CrmListItem.list_key, CrmListItem.key).where(CrmListItem.list_key.in_(sorted(list_keys - {""})))
    )
    for list_key, key in rows:
        items.setdefault(list_key, set()).add(key)
    return items


def _parent_field(session: Session, row: LinkActorType, actor_type: ActorType, entity: EntityType) -> str:
    """Return the field of the entity that refers to the entity of the parent types."""
    parents = session.scalars(
        select(LinkActorType.entity_type).where(
            LinkActorType.link_id == row.link_id, LinkActorType.name.in_(actor_type.parents)
        )
    ).all()
    wanted = {parent for parent in parents if parent in entity_types()}
    return next(
        (field.key for field in entity.fields if field.type is CrmType.REFERENCE and field.references in wanted), ""
    )


def _fingerprint(fields: tuple[CompiledField, ...], parent_field: str, zone_name: str) -> bytes:
    told = [
        (
            each.erp.key,
            each.erp.type.value,
            each.crm.key,
            each.crm.type.value,
            each.crm.max_length,
            each.two_way,
            each.update_rule,
        )
        for each in fields
    ]
    return blake2b(repr((told, parent_field, zone_name)).encode(), digest_size=16).digest()
