"""What the API answers about the syncs of a link."""

from marshmallow import Schema as PlainSchema
from marshmallow import fields


class WaitingSchema(PlainSchema):
    """How much of a link waits, and for whom."""

    failed = fields.Integer(required=True, metadata={"description": "Open failed records, ambiguous ones included."})
    waiting = fields.Integer(required=True, metadata={"description": "For a parent or the next run; no failure."})
    ambiguous = fields.Integer(required=True)
    conflicts = fields.Integer(required=True)
    decided = fields.Integer(required=True, metadata={"description": "Conflicts that wait for the next run."})
    unclear = fields.Integer(required=True)
    paired = fields.Integer(required=True)
    gone = fields.Integer(required=True)
    tombstones = fields.Integer(required=True)


class DueReadSchema(PlainSchema):
    """What the next run goes over as a whole."""

    actor_type = fields.String(required=True)
    label = fields.String(required=True)
    to_erp = fields.Boolean(required=True, metadata={"description": "Whether the hub's records are looked at."})
    reason = fields.String(required=True)
    why = fields.String(required=True)
    records = fields.Integer(required=True)
    effect = fields.String(required=True)
    preview_run_id = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "The preview that was made under the present mapping, where one was."},
    )


class LinkSyncSchema(PlainSchema):
    """How the syncs of a link stand."""

    link_id = fields.Integer(required=True)
    version = fields.Integer(required=True)
    last_success = fields.AwareDateTime(required=True, allow_none=True)
    automatic = fields.Boolean(required=True)
    next_run_at = fields.AwareDateTime(required=True, allow_none=True)
    seconds_behind = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "Since the oldest watermark moved; null where nothing was ever taken over."},
    )
    oldest_queued_at = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "When the change was made that waits longest."}
    )
    queued = fields.Integer(required=True, metadata={"description": "Changed records that wait for the ERP."})
    waiting = fields.Nested(WaitingSchema, required=True)
    full_reads_due = fields.List(fields.Nested(DueReadSchema), required=True)
    brake_percent = fields.Integer(required=True)
    brake_least = fields.Integer(required=True)
    brake_lifted = fields.Boolean(required=True)
    stopped_run_id = fields.Integer(
        required=True, allow_none=True, metadata={"description": "The run that the brake stopped, where it did."}
    )


class RequestedReadsSchema(PlainSchema):
    """Of which actor types everything is read again."""

    actor_types = fields.List(fields.String(), required=True)
