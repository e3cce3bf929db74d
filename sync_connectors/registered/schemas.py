"""What pages, API and commands take and give of sync connectors."""

from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import Schema as PlainSchema
from marshmallow import fields, post_load, validate

from host.api import PageArguments
from host.schemas import RecordId, Schema, Text
from sync_connectors.configuration.masking import MASK
from sync_connectors.probing import Outcome

_NAME = validate.Length(min=1, max=254)
# Forms of URLs, their length and user information among them, are checked in one place for all who read them.
_URL = validate.Length(min=1, max=10_000)
_URL_WORDS = (
    "plugin:NAME, json+https://… for a connector server, or a plain https://… that is asked what it speaks; "
    "other forms are recognised and explained. Kept byte for byte."
)
# A header takes visible ASCII only, and so do all kinds of tokens that we know.
_TOKEN = validate.Regexp(
    rf"({MASK}|[\x21-\x7e]{{0,4096}})\Z",
    error=_l("holds blanks or other letters than a token can have, or is too long"),
)
_SHOWN_TO_SERVER = (
    "What the server wants to be shown (`Authorization: Bearer`). It is never answered, empty forgets it, and it is "
    "forgotten with another URL unless it comes with that."
)
_CONFIRM_WORDS = "Store the URL although no connector that Tieline can use answers there."


class _WithToken(Schema):
    """What comes with an access token; the mask that stands for a stored one leaves it as it is."""

    token = Text(validate=_TOKEN, load_only=True, metadata={"description": _SHOWN_TO_SERVER})

    @post_load
    def _unmasked(self, values: dict[str, Any], **_options: Any) -> dict[str, Any]:
        return {field: value for field, value in values.items() if (field, value) != ("token", MASK)}


class ConnectorChange(_WithToken):
    """A change; what is absent stays as it is. Another URL asks for the secrets of all links again."""

    name = Text(validate=_NAME)
    url = Text(validate=_URL, metadata={"description": _URL_WORDS})
    confirm = fields.Boolean(load_default=False, load_only=True, metadata={"description": _CONFIRM_WORDS})


class ConnectorInput(ConnectorChange):
    """A new sync connector."""

    name = Text(required=True, validate=_NAME)
    url = Text(required=True, validate=_URL, metadata={"description": _URL_WORDS})


class ProbeInput(_WithToken):
    """A URL that is to be asked what it speaks."""

    url = Text(required=True, validate=_URL, metadata={"description": _URL_WORDS})
    connector_id = RecordId(
        metadata={"description": "The connector that has the URL; without a token its stored one is shown there."}
    )


class ConnectorSearch(PageArguments):
    """Which sync connectors are listed."""

    deleted = fields.Boolean(load_default=False, metadata={"description": "List deleted ones as well."})


class ChoiceSchema(PlainSchema):
    """One item to choose."""

    key = fields.String(required=True)
    text = fields.String(required=True)


class ShowIfSchema(PlainSchema):
    """When a field is shown."""

    field = fields.String(required=True)
    values = fields.List(fields.String(), required=True)


class ConfigurationFieldSchema(PlainSchema):
    """One field of the configuration of a link on this connector."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    type = fields.String(required=True)
    description = fields.String(required=True)
    default = fields.String(required=True)
    required_ = fields.Boolean(required=True, attribute="required", data_key="required")
    max_length = fields.Integer(required=True)
    choices = fields.List(fields.Nested(ChoiceSchema), required=True)
    list_name = fields.String(required=True)
    depends_on = fields.List(fields.String(), required=True)
    secret = fields.Boolean(required=True, attribute="is_secret")
    address = fields.Boolean(required=True)
    show_if = fields.Nested(ShowIfSchema, required=True, allow_none=True)
    pattern = fields.String(required=True)
    pattern_help = fields.String(required=True)
    minimum = fields.Integer(required=True, allow_none=True)
    maximum = fields.Integer(required=True, allow_none=True)
    step = fields.String(required=True)
    group = fields.String(required=True)
    authorise = fields.Boolean(required=True)


class DeclarationSchema(PlainSchema):
    """What the connector declares, as it last said."""

    name = fields.String(required=True)
    label = fields.String(required=True)
    version = fields.String(required=True)
    contract_version = fields.String(required=True)
    configuration_fields = fields.List(fields.Nested(ConfigurationFieldSchema), required=True)


class AttemptSchema(PlainSchema):
    """One call that was made to find out what a URL speaks."""

    called = fields.String(required=True, metadata={"description": "Method and address."})
    outcome = fields.Enum(Outcome, by_value=True, required=True)
    words = fields.String(required=True, metadata={"description": "What came back."})


class ProbeSchema(PlainSchema):
    """What a URL answered."""

    at = fields.AwareDateTime(required=True)
    speaks = fields.String(required=True, metadata={"description": "`json`, `soap`, or empty."})
    usable = fields.Boolean(required=True, metadata={"description": "Whether Tieline can use what answers there."})
    summary = fields.String(required=True)
    attempts = fields.List(fields.Nested(AttemptSchema), required=True)


class ConnectorSchema(PlainSchema):
    """A sync connector."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    url = fields.String(required=True)
    url_revision = fields.Integer(required=True)
    version = fields.Integer(required=True)
    warning = fields.String(required=True, metadata={"description": "What to know of the URL, or empty."})
    unavailable = fields.String(required=True, metadata={"description": "Why nothing answers now, or empty."})
    speaks = fields.String(
        required=True, metadata={"description": "What the server last answered: `json`, `soap`, or empty."}
    )
    has_token = fields.Boolean(required=True, metadata={"description": "Whether an access token is stored."})
    probe = fields.Nested(
        ProbeSchema, required=True, allow_none=True, metadata={"description": "What the server was last asked."}
    )
    declaration = fields.Nested(DeclarationSchema, required=True, allow_none=True)
    declared_at = fields.AwareDateTime(required=True, allow_none=True)
    failure = fields.String(required=True, metadata={"description": "Why it did not answer when last asked, or empty."})
    failed_at = fields.AwareDateTime(required=True, allow_none=True)
    links = fields.List(fields.String(), required=True, metadata={"description": "Names of the links that use it."})
    created_at = fields.AwareDateTime(required=True)
    deleted_at = fields.AwareDateTime(required=True, allow_none=True)
