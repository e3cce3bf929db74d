"""What the API and the pages take and give of ERP links."""

from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema as PlainSchema
from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from erp_links.links.models import Visibility
from erp_links.links.schedule import LONGEST_SECONDS, SHORTEST_SECONDS
from erp_links.links.submission import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    AccessGrant,
    LinkSubmission,
    VisibilityChoice,
)
from host.schemas import RecordId, Schema, Text

_MOST_GRANTS = 1000
_LONGEST_PROOF = 43


class UserGrantInput(Schema):
    """A selected user."""

    user_id = RecordId(required=True)
    may_connect = fields.Boolean(load_default=False)
    may_create = fields.Boolean(load_default=False)


class GroupGrantInput(Schema):
    """A selected group."""

    group_id = RecordId(required=True)
    may_connect = fields.Boolean(load_default=False)
    may_create = fields.Boolean(load_default=False)


class VisibilityInput(Schema):
    """Who is to see a link: all users, or the ones that are selected (at least one)."""

    mode = fields.Enum(Visibility, by_value=True, required=True)
    users = fields.List(fields.Nested(UserGrantInput), load_default=list, validate=validate.Length(max=_MOST_GRANTS))
    groups = fields.List(fields.Nested(GroupGrantInput), load_default=list, validate=validate.Length(max=_MOST_GRANTS))

    @post_load
    def to_choice(self, data: dict[str, Any], **_options: Any) -> VisibilityChoice:
        """Return the choice that operations take."""
        grants = (AccessGrant(**grant) for grant in [*data["users"], *data["groups"]])
        return VisibilityChoice(data["mode"], tuple(grants))


class ConfigurationInput(Schema):
    """The gated parts of a link; a secret that is absent or masked is unchanged, an empty one is cleared."""

    connector_id = RecordId()
    configuration = fields.Dict(
        keys=fields.String(validate=validate.Length(max=254)),
        values=fields.Raw(allow_none=True),
        metadata={
            "description": "Values by key of the connector's configuration fields. Secrets are write-only: an answer "
            "shows a mask for one that is stored, and the mask sent back leaves it unchanged.",
        },
    )
    erp_time_zone = Text(
        validate=validate.Length(max=64),
        metadata={"description": "Zone in which the ERP means its times, such as Europe/Copenhagen."},
    )

    @validates_schema(skip_on_field_errors=False)
    def plain_values(self, data: dict[str, Any], **_options: Any) -> None:
        """Refuse values that are objects or lists; which plain value suits is the connector's to say."""
        odd = [key for key, value in data.get("configuration", {}).items() if isinstance(value, dict | list)]
        if odd:
            raise ValidationError({"configuration": {key: [_("is no plain value")] for key in odd}})

    @post_load
    def to_submission(self, data: dict[str, Any], **_options: Any) -> LinkSubmission:
        """Return what operations take."""
        return LinkSubmission(**data)


class LinkChange(ConfigurationInput):
    """A change of a link; what is absent stays as it is."""

    name = Text(validate=validate.Length(min=1, max=LONGEST_NAME))
    visibility = fields.Nested(VisibilityInput)
    description = Text(validate=validate.Length(max=LONGEST_DESCRIPTION))
    proof = Text(
        validate=validate.Length(max=_LONGEST_PROOF),
        metadata={"description": "`proof` of a test of exactly these values; without it the save runs the test."},
    )


class LinkInput(LinkChange):
    """A new link."""

    name = Text(required=True, validate=validate.Length(min=1, max=LONGEST_NAME))
    connector_id = RecordId(required=True)
    visibility = fields.Nested(VisibilityInput, required=True)


class ScheduleInput(Schema):
    """When one link syncs by itself; null makes it follow the installation."""

    automatic = fields.Boolean(required=True, allow_none=True)
    interval_seconds = fields.Integer(
        required=True, allow_none=True, validate=validate.Range(min=SHORTEST_SECONDS, max=LONGEST_SECONDS)
    )


class ResumeInput(Schema):
    """How a paused link goes on."""

    lift_brake = fields.Boolean(
        load_default=False,
        metadata={
            "description": "Do what the brake stopped: it stays off until a run has ended well. A conflict where it "
            "did not stop the link."
        },
    )


class SyncSettingsChange(Schema):
    """What holds for all links; what is absent stays as it is."""

    automatic = fields.Boolean()
    interval_seconds = fields.Integer(validate=validate.Range(min=SHORTEST_SECONDS, max=LONGEST_SECONDS))


class SyncSettingsSchema(PlainSchema):
    """What holds for all links that set nothing of their own."""

    automatic = fields.Boolean(required=True)
    interval_seconds = fields.Integer(required=True)
    version = fields.Integer(required=True)


class UserGrantSchema(PlainSchema):
    """A selected user."""

    user_id = fields.Integer(required=True)
    may_connect = fields.Boolean(required=True)
    may_create = fields.Boolean(required=True)


class GroupGrantSchema(PlainSchema):
    """A selected group."""

    group_id = fields.Integer(required=True)
    may_connect = fields.Boolean(required=True)
    may_create = fields.Boolean(required=True)


class VisibilitySchema(PlainSchema):
    """Who sees a link."""

    mode = fields.String(required=True)
    users = fields.List(fields.Nested(UserGrantSchema), required=True)
    groups = fields.List(fields.Nested(GroupGrantSchema), required=True)


class PausedSchema(PlainSchema):
    """Why a link rests."""

    reason = fields.String(required=True)
    detail = fields.String(required=True)
    since = fields.AwareDateTime(required=True, allow_none=True)


class RightsSchema(PlainSchema):
    """What the one who asks may do with the link's records."""

    may_see = fields.Boolean(required=True)
    may_connect = fields.Boolean(required=True)
    may_create = fields.Boolean(required=True)


class LinkSchema(PlainSchema):
    """A link. Who is no administrator sees the first members only."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True)
    paused = fields.Nested(PausedSchema, required=True, allow_none=True)
    rights = fields.Nested(RightsSchema, required=True)
    version = fields.Integer(required=True)
    guid = fields.String()
    description = fields.String()
    connector_id = fields.Integer()
    visibility = fields.Nested(VisibilitySchema)
    configuration = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))
    erp_time_zone = fields.String()
    automatic = fields.Boolean(allow_none=True)
    interval_seconds = fields.Integer(allow_none=True)
    tested_at = fields.AwareDateTime(allow_none=True)
    declared_at = fields.AwareDateTime(allow_none=True)
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()
    warning = fields.String(metadata={"description": "What went wrong after the save, or empty; in answers to it."})


class TestResultSchema(PlainSchema):
    """How a test ended."""

    __test__ = False  # pytest would take the name for a test class

    passed = fields.Boolean(required=True)
    at = fields.AwareDateTime(required=True)
    seconds = fields.Float(required=True)
    text = fields.String(required=True)
    instruction = fields.String(required=True)
    technical = fields.String(required=True)
    error_class = fields.String(required=True)
    field_faults = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, attribute="fields", data_key="fields"
    )
    details = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    notices = fields.List(fields.String(), required=True)
    proof = fields.String(required=True)


class DeletionArguments(Schema):
    """The confirmation of a deletion."""

    name = Text(required=True, metadata={"description": "The name of the link, to confirm."})


class DroppedSchema(PlainSchema):
    """What went with a deleted link."""

    pairings = fields.Integer(required=True)
    actor_types = fields.Integer(required=True)
    runs = fields.Integer(required=True)
    failed_records = fields.Integer(required=True)
    secrets = fields.Integer(required=True)
