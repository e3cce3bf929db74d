"""What the API tells of an ERP tab."""

from typing import Any

from marshmallow import Schema, fields

from erp_links.tab.blocks import TabBlock
from erp_links.tab.values import ActorReading, BlockReading, TabValue, Trouble
from erp_links.tab.words import shown
from sync_connectors.codec import value_to_json


class TabValueSchema(Schema):
    """One field of the tab."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    type = fields.String(required=True)
    value = fields.Raw(
        required=True, allow_none=True, metadata={"description": "Decimals, dates and list keys are texts."}
    )
    text = fields.String(required=True, metadata={"description": "The value as people read it."})


class TroubleSchema(Schema):
    """Why the values are not the ERP's present ones."""

    text = fields.String(required=True)
    instruction = fields.String(required=True)


class TabActorSchema(Schema):
    """The ERP's record that the CRM's is paired with."""

    actor_type = fields.String(required=True)
    label = fields.String(required=True)
    key = fields.String(required=True)
    live = fields.Boolean(
        required=True,
        metadata={"description": "Whether the values come from the ERP just now, not from the last sync."},
    )
    trouble = fields.Nested(TroubleSchema, required=True, allow_none=True)
    synced_at = fields.AwareDateTime(required=True, allow_none=True)
    gone = fields.Boolean(required=True, metadata={"description": "The ERP no longer has the record."})
    failure = fields.Nested(TroubleSchema, required=True, allow_none=True)
    values = fields.List(fields.Nested(TabValueSchema), required=True)


class TabBlockSchema(Schema):
    """One ERP link on the tab."""

    link_id = fields.Integer(required=True)
    link_name = fields.String(required=True)
    paused = fields.String(required=True, allow_none=True, metadata={"description": "Why the link rests, if it does."})
    connected = fields.Boolean(required=True)
    milliseconds = fields.Integer(required=True, allow_none=True)
    actors = fields.List(fields.Nested(TabActorSchema), required=True)


class TabSchema(Schema):
    """The ERP tab of a record: one block for each active link that the reader may see."""

    items = fields.List(fields.Nested(TabBlockSchema), required=True)


def tab_answer(readings: list[BlockReading]) -> dict[str, Any]:
    """Return a tab in the form of `TabSchema`."""
    return {"items": [_block(each.block, each) for each in readings]}


def _block(block: TabBlock, reading: BlockReading) -> dict[str, Any]:
    return {
        "link_id": block.link_id,
        "link_name": block.link_name,
        "paused": block.standing.paused.value if block.standing.paused else None,
        "connected": bool(block.actors),
        "milliseconds": reading.milliseconds,
        "actors": [_actor(each) for each in reading.actors],
    }


def _actor(reading: ActorReading) -> dict[str, Any]:
    actor = reading.actor
    return {
        "actor_type": actor.actor_type,
        "label": actor.label,
        "key": actor.key,
        "live": reading.is_live,
        "trouble": reading.trouble,
        "synced_at": actor.synced_at,
        "gone": actor.is_gone,
        "failure": Trouble(actor.failure, actor.instruction) if actor.failure else None,
        "values": [_value(each) for each in reading.values],
    }


def _value(value: TabValue) -> dict[str, Any]:
    return {
        "key": value.field.key,
        "label": value.field.label,
        "type": value.field.type.value,
        "value": value_to_json(value.value),
        "text": shown(value),
    }
