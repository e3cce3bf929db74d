"""What the API of runs and failed records answers."""

from marshmallow import Schema as PlainSchema
from marshmallow import fields


class PassSchema(PlainSchema):
    """One way through one actor type."""

    actor_type = fields.String(required=True)
    direction = fields.String(required=True)
    full_read = fields.Boolean(required=True)
    total = fields.Integer(required=True, allow_none=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    started_at = fields.AwareDateTime(required=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)


class RunSchema(PlainSchema):
    """A run; `technical` is for administrators and null for others."""

    id = fields.Integer(required=True)
    link_id = fields.Integer(required=True)
    cause = fields.String(required=True)
    mode = fields.String(required=True)
    keep_blanks = fields.Boolean(required=True)
    pairings = fields.List(fields.Integer(), required=True, allow_none=True, attribute="scope")
    actor_type = fields.String(required=True, allow_none=True, metadata={"description": "What a preview is about."})
    status = fields.String(required=True)
    outcome = fields.String(required=True, allow_none=True)
    requested_at = fields.AwareDateTime(required=True)
    started_at = fields.AwareDateTime(required=True, allow_none=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)
    cancelled_at = fields.AwareDateTime(required=True, allow_none=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    error_class = fields.String(required=True)
    message = fields.String(required=True)
    instruction = fields.String(required=True)
    technical = fields.String(required=True, allow_none=True)
    passes = fields.List(fields.Nested(PassSchema), required=True)
    version = fields.Integer(required=True)


class ChangeSchema(PlainSchema):
    """One changed field, or one created or paired record, which has no values of its own.

    `title` is what the CRM calls the record, empty where it has gone; values are null for who may not see the link's.
    """

    id = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
    kind = fields.String(required=True)
    actor_type = fields.String(required=True)
    erp_key = fields.String(required=True)
    entity_type = fields.String(required=True)
    entity_id = fields.Integer(required=True, allow_none=True)
    title = fields.String(required=True)
    target = fields.String(required=True)
    crm_field = fields.String(required=True)
    erp_field = fields.String(required=True)
    old = fields.Raw(required=True, allow_none=True)
    new = fields.Raw(required=True, allow_none=True)
    values_hidden = fields.Boolean(required=True)
    reason = fields.String(required=True)
    reason_text = fields.String(required=True)
    reverts = fields.Integer(
        required=True, allow_none=True, metadata={"description": "The change that a person took back, or tried to."}
    )
    done_by = fields.Integer(required=True, allow_none=True, metadata={"description": "Id of that person."})


class SampleSchema(PlainSchema):
    """One value that a full read would overwrite; old and new are null for who may not see the link's values."""

    erp_key = fields.String(required=True)
    entity_type = fields.String(required=True)
    entity_id = fields.Integer(required=True)
    crm_field = fields.String(required=True)
    erp_field = fields.String(required=True)
    old = fields.Raw(required=True, allow_none=True)
    new = fields.Raw(required=True, allow_none=True)
    reason = fields.String(required=True)


class PreviewSchema(PlainSchema):
    """What a preview found beside the counts of its run."""

    actor_type = fields.String(required=True)
    is_present = fields.Boolean(
        required=True, metadata={"description": "Whether the brake lets the full read through for which it was made."}
    )
    values_hidden = fields.Boolean(required=True)
    sample = fields.List(fields.Nested(SampleSchema), required=True)


class RevertibleSchema(PlainSchema):
    """How much of a run can be taken back."""

    fields_ = fields.Integer(required=True, data_key="fields", attribute="fields")
    records = fields.Integer(required=True, metadata={"description": "Of how many records these fields are."})
    reverted = fields.Integer(required=True, metadata={"description": "Fields that were taken back already."})
    made = fields.Integer(required=True, metadata={"description": "Created and paired records, which stay."})
    erp_values = fields.Integer(required=True, metadata={"description": "Values written in the ERP, which stay."})


class RevertedSchema(PlainSchema):
    """What was taken back, and what stays."""

    fields_ = fields.Integer(required=True, data_key="fields", attribute="fields")
    changed_since = fields.Integer(required=True, metadata={"description": "Fields that have another value by now."})
    not_possible = fields.Integer(
        required=True, metadata={"description": "Fields whose record, or what their old value named, is gone."}
    )
    next = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Send this as `before` to go on; null where everything was looked at."},
    )


class FailedRecordSchema(PlainSchema):
    """A failed record; label and values are empty for who may not see the link's ERP values."""

    id = fields.Integer(required=True)
    link_id = fields.Integer(required=True)
    run_id = fields.Integer(required=True, allow_none=True)
    actor_type = fields.String(required=True)
    erp_key = fields.String(required=True)
    direction = fields.String(required=True)
    entity_type = fields.String(required=True)
    entity_id = fields.Integer(required=True, allow_none=True)
    parent_type = fields.String(required=True, allow_none=True)
    parent_key = fields.String(required=True, allow_none=True)
    label = fields.String(required=True)
    reason = fields.String(required=True)
    reason_text = fields.String(required=True)
    message = fields.String(required=True)
    instruction = fields.String(required=True)
    technical = fields.String(required=True, allow_none=True)
    field = fields.String(required=True)
    values = fields.Dict(required=True)
    values_hidden = fields.Boolean(required=True)
    state = fields.String(required=True)
    attempts = fields.Integer(required=True)
    first_failed_at = fields.AwareDateTime(required=True)
    last_failed_at = fields.AwareDateTime(required=True)
    retry_at = fields.AwareDateTime(required=True, allow_none=True)


class RetriedSchema(PlainSchema):
    """How many failed records the next run tries again."""

    records = fields.Integer(required=True)
