"""The API's schemas of records, made from the registry."""

from typing import Any

import marshmallow
from marshmallow import fields, validate

from host.api import PageArguments
from host.crm.entity_type import EntityType
from host.crm.external_ids import EXTERNAL_ID_LENGTH, SOURCE_LENGTH
from host.crm.filters import LONGEST_SEARCH, Comparison
from host.crm.schemas import values_schema
from host.crm.upserting import Outcome
from host.schemas import Schema, Text

MOST_ITEMS = 500


class RecordSearch(PageArguments):
    """The query of a list of records."""

    search = Text(
        load_default="",
        validate=validate.Length(max=LONGEST_SEARCH),
        metadata={"description": "Words that all stand in the record's searchable fields."},
    )
    filter = fields.List(
        Text(validate=validate.Length(max=500)),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={
            "description": f"Conditions such as `credit_limit:from:100`: field, one of {', '.join(Comparison)}, value."
        },
    )
    sort = Text(
        load_default="",
        validate=validate.Length(max=64),
        metadata={
            "description": "Key of a standard field, `updated_at`, `created_at` or `id`; after a minus, descending."
        },
    )


class ExternalIdSchema(marshmallow.Schema):
    """What another system calls a record."""

    source = fields.String(required=True)
    external_id = fields.String(required=True)


def input_schema(entity: EntityType) -> type[Schema]:
    """Return the schema of what is sent for a record; fields that are absent stay as they are."""
    values = values_schema(f"{_name(entity)}Values", entity.fields)
    return type(f"{_name(entity)}Input", (values,), {"custom": _custom(load_default=dict)})


def record_schema(entity: EntityType) -> type[marshmallow.Schema]:
    """Return the schema of a record in answers."""
    values = values_schema(f"{_name(entity)}AnswerValues", entity.fields, is_input=False)
    members: dict[str, Any] = {
        "id": fields.Integer(required=True),
        "version": fields.Integer(required=True),
        "label": fields.String(required=True, metadata={"description": "What the record is called."}),
        "custom": _custom(required=True),
        "external_ids": fields.List(fields.Nested(ExternalIdSchema), required=True),
        "created_at": fields.AwareDateTime(required=True),
        "created_by": fields.String(required=True),
        "updated_at": fields.AwareDateTime(required=True),
        "updated_by": fields.String(required=True),
    }
    return type(f"{_name(entity)}Schema", (values,), members)


def upsert_schema(entity: EntityType, values: type[Schema]) -> type[Schema]:
    """Return the schema of many records that another system sends under its own ids; `values` is that of one."""
    item = type(
        f"{_name(entity)}UpsertItem",
        (Schema,),
        {
            "external_id": Text(required=True, validate=validate.Length(min=1, max=EXTERNAL_ID_LENGTH)),
            "values": fields.Nested(values, required=True),
        },
    )
    members = {
        "source": Text(required=True, validate=validate.Length(min=1, max=SOURCE_LENGTH)),
        "items": fields.List(fields.Nested(item), required=True, validate=validate.Length(min=1, max=MOST_ITEMS)),
    }
    return type(f"{_name(entity)}Upsert", (Schema,), members)


class UpsertedSchema(marshmallow.Schema):
    """What became of one record of a bulk upsert."""

    external_id = fields.String(required=True)
    outcome = fields.String(required=True, validate=validate.OneOf([outcome.value for outcome in Outcome]))
    id = fields.Integer(required=True, allow_none=True, metadata={"description": "Null where it was refused."})
    errors = fields.Dict(
        keys=fields.String(), values=fields.List(fields.String()), required=True, metadata={"description": "By field."}
    )


class UpsertAnswerSchema(marshmallow.Schema):
    """What became of all records of a bulk upsert, in the order in which they were sent."""

    items = fields.List(fields.Nested(UpsertedSchema), required=True)


def _custom(**options: Any) -> fields.Dict:
    description = "Values of user-defined fields by key; decimals, dates and times as text."
    return fields.Dict(
        keys=fields.String(), values=fields.Raw(allow_none=True), metadata={"description": description}, **options
    )


def _name(entity: EntityType) -> str:
    return entity.key.title().replace("_", "")
