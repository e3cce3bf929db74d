"""What pages, API and commands take and give of sync connectors."""

from marshmallow import Schema as PlainSchema
from marshmallow import fields, validate

from host.api import PageArguments
from host.schemas import Schema, Text

_NAME = validate.Length(min=1, max=254)
# Forms of URLs, their length and user information among them, are checked in one place for all who read them.
_URL = validate.Length(min=1, max=10_000)
_URL_WORDS = "plugin:NAME; other forms are recognised and explained. Kept byte for byte."


class ConnectorChange(Schema):
    """A change; what is absent stays as it is. Another URL asks for the secrets of all links again."""

    name = Text(validate=_NAME)
    url = Text(validate=_URL, metadata={"description": _URL_WORDS})


class ConnectorInput(ConnectorChange):
    """A new sync connector."""

    name = Text(required=True, validate=_NAME)
    url = Text(required=True, validate=_URL, metadata={"description": _URL_WORDS})


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


class ConnectorSchema(PlainSchema):
    """A sync connector."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    url = fields.String(required=True)
    url_revision = fields.Integer(required=True)
    version = fields.Integer(required=True)
    warning = fields.String(required=True, metadata={"description": "What to know of the URL, or empty."})
    unavailable = fields.String(required=True, metadata={"description": "Why nothing answers now, or empty."})
    declaration = fields.Nested(DeclarationSchema, required=True, allow_none=True)
    declared_at = fields.AwareDateTime(required=True, allow_none=True)
    failure = fields.String(required=True, metadata={"description": "Why it did not answer when last asked, or empty."})
    failed_at = fields.AwareDateTime(required=True, allow_none=True)
    links = fields.List(fields.String(), required=True, metadata={"description": "Names of the links that use it."})
    created_at = fields.AwareDateTime(required=True)
    deleted_at = fields.AwareDateTime(required=True, allow_none=True)
