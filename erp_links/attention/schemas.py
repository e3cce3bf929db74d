"""What the API and the pages of what waits for a person take and answer."""

from typing import Any

from marshmallow import Schema as PlainSchema
from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from erp_links.attention.conflicts import SIDES
from erp_links.attention.pairing import LONGEST_KEY
from erp_links.sync.models import PairingState
from host.api import PageArguments
from host.paging import LARGEST_LIMIT
from host.schemas import RecordId, Schema, Text
from host.schemas.fields import LARGEST_ID

_CONFLICT_STATES = ("open", "chosen", "")


class ConflictSearch(PageArguments):
    """The query of a list of conflicts."""

    state = Text(
        load_default="",
        validate=validate.OneOf(_CONFLICT_STATES),
        metadata={"description": "Those that wait for a person (open), or for the next run (chosen)."},
    )
    run = RecordId(load_default=None, allow_none=True, metadata={"description": "Only those that this run found."})


class ConflictPageSearch(ConflictSearch):
    """The query of the page of conflicts, which shows those of all links."""

    link = RecordId(load_default=None, allow_none=True)


class ChoiceInput(Schema):
    """Which side wins."""

    side = Text(required=True, validate=validate.OneOf(SIDES))


class ChoicesInput(ChoiceInput):
    """Which side wins several conflicts."""

    conflicts = fields.List(
        RecordId(), required=True, validate=validate.Length(min=1, max=LARGEST_LIMIT), metadata={"description": "Ids."}
    )


class TickedConflicts(ChoiceInput):
    """The form of the page: each tick names a conflict and the version that was seen, as `12.3`."""

    ticked = fields.List(Text(), load_default=list, validate=validate.Length(max=LARGEST_LIMIT))

    @post_load
    def to_versions(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        """Return {conflict: version} beside the side."""
        versions = {}
        for each in data["ticked"]:
            numbers = each.partition(".")[::2]
            if not all(part.isdecimal() and len(part) <= 10 and int(part) <= LARGEST_ID for part in numbers):
                raise ValidationError({"ticked": ["is no conflict"]})
            versions[int(numbers[0])] = int(numbers[1])
        return {"side": data["side"], "versions": versions}


class LinkPageSearch(PageArguments):
    """The query of a page that shows what waits of all links, or of one."""

    link = RecordId(load_default=None, allow_none=True)
    run = RecordId(load_default=None, allow_none=True)


class PairingSearch(PageArguments):
    """The query of a list of pairings."""

    state = Text(
        load_default="",
        validate=validate.OneOf(("", *(state.value for state in PairingState))),
        metadata={"description": "Only pairings in this state; empty means all."},
    )
    actor_type = Text(load_default="", validate=validate.Length(max=64))
    erp_key = Text(
        load_default="",
        validate=validate.Length(max=LONGEST_KEY),
        metadata={"description": "Only records of the ERP whose key begins so."},
    )


class PairingPageSearch(PairingSearch):
    """The query of the page of pairings."""

    link = RecordId(load_default=None, allow_none=True)


class PairingInput(Schema):
    """Two records that are to be paired."""

    actor_type = Text(required=True, validate=validate.Length(min=1, max=64))
    erp_key = Text(required=True, validate=validate.Length(min=1, max=LONGEST_KEY))
    entity_id = RecordId(required=True)


class MatchInput(Schema):
    """The record that a person chose for an ambiguous one: of the CRM by its id, or of the ERP by its key."""

    entity_id = RecordId(load_default=None, allow_none=True)
    erp_key = Text(load_default="", validate=validate.Length(max=LONGEST_KEY))

    @validates_schema
    def one_of_them(self, data: dict[str, Any], **_options: Any) -> None:
        """Refuse a choice of both."""
        if data.get("entity_id") is not None and data.get("erp_key"):
            raise ValidationError({"erp_key": ["choose one record, of the CRM or of the ERP"]})


class MadeInput(Schema):
    """Under which key the ERP made a record."""

    erp_key = Text(required=True, validate=validate.Length(min=1, max=LONGEST_KEY))


class ConflictSchema(PlainSchema):
    """A conflict; both values are null for who may not see those of the link."""

    id = fields.Integer(required=True)
    link_id = fields.Integer(required=True)
    run_id = fields.Integer(required=True, allow_none=True)
    pairing_id = fields.Integer(required=True)
    actor_type = fields.String(required=True)
    erp_key = fields.String(required=True)
    entity_type = fields.String(required=True)
    entity_id = fields.Integer(required=True, allow_none=True)
    crm_field = fields.String(required=True)
    erp_field = fields.String(required=True)
    crm_value = fields.Raw(required=True, allow_none=True)
    erp_value = fields.Raw(required=True, allow_none=True)
    values_hidden = fields.Boolean(required=True)
    changed_by = fields.String(required=True, metadata={"description": "Who gave the CRM its value."})
    changed_at = fields.AwareDateTime(required=True, allow_none=True)
    found_at = fields.AwareDateTime(required=True)
    choice = fields.String(required=True, allow_none=True, metadata={"description": "crm or erp, once decided."})
    chosen_at = fields.AwareDateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)


class ChosenSchema(PlainSchema):
    """How many conflicts were decided."""

    conflicts = fields.Integer(required=True)


class CandidateSchema(PlainSchema):
    """A record that may be meant: of the CRM, or of the ERP."""

    title = fields.String(required=True)
    entity_id = fields.Integer(required=True, allow_none=True)
    erp_key = fields.String(required=True)
    paired_with = fields.String(
        required=True, metadata={"description": "Key of the ERP's record that it is paired with; empty where free."}
    )


class CandidatesSchema(PlainSchema):
    """What may be meant by an ambiguous record."""

    entity_type = fields.String(required=True)
    candidates = fields.List(fields.Nested(CandidateSchema), required=True)


class UnclearSchema(PlainSchema):
    """A create that the ERP may have made; what was sent is empty for who may not see the link's values."""

    id = fields.Integer(required=True)
    link_id = fields.Integer(required=True)
    run_id = fields.Integer(required=True, allow_none=True)
    actor_type = fields.String(required=True)
    entity_type = fields.String(required=True)
    entity_id = fields.Integer(required=True)
    reference = fields.String(required=True)
    label = fields.String(required=True)
    sent = fields.Dict(required=True)
    values_hidden = fields.Boolean(required=True)
    made_at = fields.AwareDateTime(required=True)
    message = fields.String(required=True)
    technical = fields.String(required=True, allow_none=True)


class PairingSchema(PlainSchema):
    """An association of a record of the ERP with one of the hub."""

    id = fields.Integer(required=True)
    link_id = fields.Integer(required=True)
    actor_type = fields.String(required=True)
    erp_key = fields.String(required=True)
    parent_type = fields.String(required=True, allow_none=True)
    parent_key = fields.String(required=True, allow_none=True)
    entity_type = fields.String(required=True)
    entity_id = fields.Integer(required=True, allow_none=True)
    state = fields.String(required=True)
    paired_at = fields.AwareDateTime(required=True)
    synced_at = fields.AwareDateTime(required=True, allow_none=True)
