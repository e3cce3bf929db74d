"""What the API and the page take and give of traces."""

from marshmallow import Schema as PlainSchema
from marshmallow import fields, validate

from erp_links.tracing.bounds import MINUTES
from erp_links.tracing.operations import TraceState
from host.schemas import Schema


class TraceInput(Schema):
    """How long a trace is to be on."""

    minutes = fields.Integer(required=True, validate=validate.OneOf(MINUTES))


class TraceSchema(PlainSchema):
    """The trace of a link; times are null while there is none."""

    state = fields.Enum(TraceState, by_value=True, required=True)
    started_at = fields.AwareDateTime(required=True, allow_none=True)
    until = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "When it ends by itself, or would have ended."}
    )
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    calls = fields.Integer(required=True)
    size = fields.Integer(required=True, metadata={"description": "Bytes of the calls."})
    lost = fields.Integer(required=True, metadata={"description": "How many calls could not be written."})
