"""What the API tells of a mapping and of the sync priority."""

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from erp_links.links.finding import managed_link
from erp_links.mapping.entities import suitable_entities
from erp_links.mapping.operations import lock_words
from erp_links.mapping.policies import policies_of
from erp_links.mapping.priority import PriorityEntry, priority_version
from erp_links.mapping.reading import LinkMapping, MappedActorType, MappedField, mapping_of
from erp_links.mapping.reasons import mapping_reasons
from sync_connectors import Access


class UnavailableSchema(Schema):
    """Why directions cannot be chosen; an empty text means that one can."""

    to_crm = fields.String(required=True)
    to_erp = fields.String(required=True)
    one_way_to_crm = fields.String(
        required=True, metadata={"description": "Why to_crm can be chosen only together with to_erp."}
    )


class ColumnSchema(Schema):
    """One column of the rows of an ERP field, where it is mapped to rows of the CRM."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    type = fields.String(required=True)
    mandatory = fields.Boolean(required=True)
    read_only = fields.Boolean(required=True)
    crm_columns = fields.List(fields.String(), required=True, metadata={"description": "What it may go with."})


class FieldMappingSchema(Schema):
    """One ERP field and its mapping."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    description = fields.String(required=True)
    type = fields.String(required=True)
    list_name = fields.String(required=True)
    max_length = fields.Integer(required=True)
    mandatory = fields.Boolean(required=True)
    read_only = fields.Boolean(required=True)
    searchable = fields.Boolean(required=True)
    missing_since = fields.AwareDateTime(required=True, allow_none=True)
    crm_field = fields.String(required=True, allow_none=True)
    proposed = fields.Boolean(required=True)
    to_crm = fields.Boolean(required=True)
    to_erp = fields.Boolean(required=True)
    unavailable = fields.Nested(UnavailableSchema, required=True)
    show_on_tab = fields.Boolean(required=True)
    show_in_search = fields.Boolean(required=True)
    policy = fields.String(
        required=True, metadata={"description": "Who wins where both sides changed a field that goes both ways."}
    )
    row_columns = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "ERP column → CRM column."},
    )
    columns = fields.List(fields.Nested(ColumnSchema), required=True)


class ActorTypeMappingSchema(Schema):
    """The mapping of one actor type; its fields in the order of the ERP tab."""

    name = fields.String(required=True)
    label = fields.String(required=True)
    plural = fields.String(required=True)
    active = fields.Boolean(required=True)
    entity_type = fields.String(required=True)
    entity_types = fields.List(fields.String(), required=True, metadata={"description": "What may be chosen."})
    unpaired_pull = fields.String(required=True)
    unpaired_push = fields.String(required=True)
    policies = fields.List(fields.String(), required=True, metadata={"description": "What fields may choose."})
    match_fields = fields.List(fields.String(), required=True)
    missing_since = fields.AwareDateTime(required=True, allow_none=True)
    full_read_due = fields.String(required=True, allow_none=True)
    full_push_due = fields.String(required=True, allow_none=True)
    fields_ = fields.List(fields.Nested(FieldMappingSchema), required=True, data_key="fields", attribute="fields")


class MappingSchema(Schema):
    """The mapping of an ERP link."""

    version = fields.Integer(required=True)
    locked = fields.String(required=True, metadata={"description": "Why it cannot be changed now, or empty."})
    activation_reasons = fields.List(fields.String(), required=True)
    actor_types = fields.List(fields.Nested(ActorTypeMappingSchema), required=True)


class PriorityEntrySchema(Schema):
    """One place of the sync priority."""

    id = fields.Integer(required=True, attribute="link_id", metadata={"description": "0 stands for the CRM."})
    name = fields.String(required=True)


class PrioritySchema(Schema):
    """The sync priority, the strongest first."""

    version = fields.Integer(required=True)
    items = fields.List(fields.Nested(PriorityEntrySchema), required=True)


def mapping_answer(session: Session, link_id: int) -> dict[str, Any]:
    """Return a link's mapping in the form of `MappingSchema`.

    Raises:
        NotFoundError: There is no such link.
    """
    link = managed_link(session, link_id)
    mapping = mapping_of(session, link)
    return {
        "version": mapping.version,
        "locked": lock_words(link),
        "activation_reasons": mapping_reasons(mapping),
        "actor_types": _actor_types(mapping),
    }


def priority_answer(entries: Sequence[PriorityEntry]) -> dict[str, Any]:
    """Return the sync priority in the form of `PrioritySchema`."""
    return {"version": priority_version(entries), "items": entries}


def _actor_types(mapping: LinkMapping) -> list[dict[str, Any]]:
    return [_actor_type(each) for each in mapping.actor_types]


def _actor_type(mapped: MappedActorType) -> dict[str, Any]:
    row = mapped.row
    return {
        "name": row.name,
        "label": mapped.actor_type.label,
        "plural": mapped.actor_type.plural,
        "active": row.active,
        "entity_type": row.entity_type,
        "entity_types": suitable_entities(mapped.actor_type),
        "unpaired_pull": row.unpaired_pull,
        "unpaired_push": row.unpaired_push,
        "policies": [policy.value for policy in policies_of(mapped.actor_type)],
        "match_fields": row.match_fields,
        "missing_since": row.missing_since,
        "full_read_due": row.full_read_due,
        "full_push_due": row.full_push_due,
        "fields": [_field(each) for each in mapped.fields],
    }


def _field(mapped: MappedField) -> dict[str, Any]:
    row, field = mapped.row, mapped.field
    return {
        "key": field.key,
        "label": field.label,
        "description": field.description,
        "type": field.type.value,
        "list_name": field.list_name,
        "max_length": field.max_length,
        "mandatory": field.access is Access.MANDATORY,
        "read_only": field.access is Access.READ_ONLY,
        "searchable": row.searchable,
        "missing_since": row.missing_since,
        "crm_field": row.crm_field,
        "proposed": row.proposed,
        "to_crm": row.to_crm,
        "to_erp": row.to_erp,
        "unavailable": mapped.directions,
        "show_on_tab": row.show_on_tab,
        "show_in_search": row.show_in_search,
        "policy": row.policy,
        "row_columns": row.row_columns,
        "columns": [
            {
                "key": each.erp.key,
                "label": each.erp.label,
                "type": each.erp.type.value,
                "mandatory": each.erp.access is Access.MANDATORY,
                "read_only": each.erp.access is Access.READ_ONLY,
                "crm_columns": [column.key for column in each.offered],
            }
            for each in mapped.columns
        ],
    }
