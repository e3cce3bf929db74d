"""What the API and the pages of runs and failed records take and answer."""

from marshmallow import Schema as PlainSchema
from marshmallow import fields, validate

from erp_links.sync.failures import FailureState
from erp_links.sync.history import RUN_FILTERS
from erp_links.sync.reasons import FailureReason
from host.api import PageArguments
from host.schemas import RecordId, Schema, Text

_STATES = ("", *(state.value for state in FailureState))


class RunSearch(PageArguments):
    """The query of a list of runs."""

    outcome = Text(
        load_default="",
        validate=validate.OneOf(("", *RUN_FILTERS)),
        metadata={"description": "Only runs that ended so, or that have not ended."},
    )


class RunPageSearch(RunSearch):
    """The query of the page of runs, which shows those of all links."""

    link = RecordId(load_default=None, allow_none=True)


class ChangeSearch(PageArguments):
    """The query of what a run changed."""

    target = Text(
        load_default="",
        validate=validate.OneOf(("", "crm", "erp")),
        metadata={"description": "Only what was written on this side."},
    )


class FailedSearch(PageArguments):
    """The query of a list of failed records."""

    reason = Text(load_default="", validate=validate.OneOf(("", *(reason.value for reason in FailureReason))))
    state = Text(
        load_default=FailureState.OPEN.value,
        validate=validate.OneOf(_STATES),
        metadata={"description": "Open ones unless another state is asked for; empty means all."},
    )


class FailedPageSearch(FailedSearch):
    """The query of the page of failed records, which shows those of all links."""

    link = RecordId(load_default=None, allow_none=True)
    run = RecordId(load_default=None, allow_none=True)


class RetryInput(Schema):
    """Which failed records to try again."""

    reason = Text(
        load_default="",
        validate=validate.OneOf(("", *(reason.value for reason in FailureReason))),
        metadata={"description": "Only those with this reason; empty means all."},
    )


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
    """One changed field, or one created or paired record; values are null for who may not see the link's."""

    id = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
    kind = fields.String(required=True)
    actor_type = fields.String(required=True)
    erp_key = fields.String(required=True)
    entity_type = fields.String(required=True)
    entity_id = fields.Integer(required=True, allow_none=True)
    target = fields.String(required=True)
    crm_field = fields.String(required=True)
    erp_field = fields.String(required=True)
    old = fields.Raw(required=True, allow_none=True)
    new = fields.Raw(required=True, allow_none=True)
    values_hidden = fields.Boolean(required=True)
    reason = fields.String(required=True)
    reason_text = fields.String(required=True)


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
