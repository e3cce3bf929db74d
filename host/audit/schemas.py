"""What the audit log takes as a search and gives."""

from marshmallow import Schema as PlainSchema
from marshmallow import fields, validate

from host.api.paging import PageArguments
from host.schemas import RecordId, Text


class AuditSearch(PageArguments):
    """A search; all that is given must hold."""

    text = Text(load_default="", validate=validate.Length(max=254), metadata={"description": "In names and actions."})
    user_id = RecordId(load_default=None, allow_none=True)
    action = Text(load_default="", validate=validate.Length(max=64), metadata={"description": "Such as user.create."})
    object_type = Text(load_default="", validate=validate.Length(max=64))
    object_id = Text(load_default="", validate=validate.Length(max=64))
    since = fields.AwareDateTime(load_default=None, allow_none=True, format="iso")
    until = fields.AwareDateTime(load_default=None, allow_none=True, format="iso")


class AuditEntrySchema(PlainSchema):
    """One entry."""

    id = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True, format="iso")
    user_id = fields.Integer(required=True, allow_none=True)
    actor_name = fields.String(required=True)
    channel = fields.String(required=True)
    address = fields.String(required=True)
    request_id = fields.String(required=True)
    action = fields.String(required=True)
    object_type = fields.String(required=True)
    object_id = fields.String(required=True)
    object_name = fields.String(required=True)
    changes = fields.Dict(required=True, keys=fields.String(), metadata={"description": "Before and after by field."})
