"""What may be submitted to change a mapping or the sync priority; the same for page and API."""

from marshmallow import fields
from marshmallow.validate import Length, OneOf, Range

from erp_links.mapping.models import Unpaired
from erp_links.mapping.policies import Policy
from host.schemas import Schema, Text, VerbatimText

_UNPAIRED = [each.value for each in Unpaired]
DIRECTIONS = ("to_crm", "to_erp", "both")


class FieldMappingInput(Schema):
    """One field mapping. What is absent stays as it is; `crm_field` null removes the mapping.

    `policy` says who wins where both sides changed a field that goes both ways. `row_columns` of a field of rows are
    all its mapped columns, {key of the ERP's column: key of the CRM's}; where they are absent and the CRM field is
    another, columns are proposed by their names.
    """

    key = VerbatimText(required=True, validate=Length(min=1, max=254))
    crm_field = Text(allow_none=True, validate=Length(max=64))
    to_crm = fields.Boolean()
    to_erp = fields.Boolean()
    show_on_tab = fields.Boolean()
    show_in_search = fields.Boolean()
    policy = Text(validate=OneOf([policy.value for policy in Policy]))
    row_columns = fields.Dict(
        keys=VerbatimText(validate=Length(min=1, max=254)),
        values=Text(validate=Length(min=1, max=64)),
        validate=Length(max=500),
    )


class ActorTypeMappingInput(Schema):
    """The mapping of one actor type. What is absent stays as it is.

    `match_fields` are CRM fields; `order` holds ERP field keys in the order of the ERP tab, those that it does not name
    follow; `accept_proposals` gives the proposed fields a direction.
    """

    name = Text(required=True, validate=Length(min=1, max=64))
    active = fields.Boolean()
    entity_type = Text(validate=Length(max=32))
    unpaired_pull = Text(validate=OneOf(_UNPAIRED))
    unpaired_push = Text(validate=OneOf(_UNPAIRED))
    match_fields = fields.List(Text(validate=Length(min=1, max=64)), validate=Length(max=10))
    order = fields.List(VerbatimText(validate=Length(min=1, max=254)), validate=Length(max=5000))
    accept_proposals = Text(validate=OneOf(DIRECTIONS))
    fields_ = fields.List(
        fields.Nested(FieldMappingInput), data_key="fields", attribute="fields", validate=Length(max=5000)
    )


class MappingInput(Schema):
    """A change of a link's mapping: one save of as many actor types and fields as wanted."""

    actor_types = fields.List(fields.Nested(ActorTypeMappingInput), required=True, validate=Length(max=50))


class PriorityInput(Schema):
    """The sync priority: ids of all active links and 0 for the CRM, the strongest first."""

    order = fields.List(fields.Integer(validate=Range(min=0, max=2**31 - 1)), required=True, validate=Length(max=10000))
