"""What the API tells of list mappings, and what may be submitted."""

from marshmallow import Schema as Answer
from marshmallow import fields
from marshmallow.validate import Length

from host.schemas import Schema, VerbatimText


class EntryInput(Schema):
    """One entry: keys of an item of the ERP and of an item of the CRM."""

    erp_key = VerbatimText(required=True, validate=Length(min=1, max=254))
    crm_key = VerbatimText(required=True, validate=Length(min=1, max=254))


class TableInput(Schema):
    """All entries of the table between two lists."""

    entries = fields.List(fields.Nested(EntryInput), required=True, validate=Length(max=20_000))


class ListPairArguments(Schema):
    """Which table."""

    erp_list = VerbatimText(required=True, validate=Length(max=254), metadata={"description": "The ERP's list by name"})
    crm_list = VerbatimText(required=True, validate=Length(max=64), metadata={"description": "Key of the CRM's list."})


class EntrySchema(Answer):
    """One entry of a table."""

    erp_key = fields.String(required=True)
    crm_key = fields.String(required=True)


class ListPairSchema(Answer):
    """A list of the ERP and a list of the CRM that mapped fields of a link join."""

    erp_list = fields.String(required=True)
    crm_list = fields.String(required=True)
    crm_list_name = fields.String(required=True, attribute="crm_name")
    fields_ = fields.List(
        fields.String(),
        required=True,
        data_key="fields",
        attribute="fields",
        metadata={"description": "The fields that join them, in words."},
    )
    version = fields.Integer(required=True, metadata={"description": "Of the table; 0 while it was never saved."})


class ListPairsSchema(Answer):
    """All pairs of lists of a link."""

    items = fields.List(fields.Nested(ListPairSchema), required=True)


class ItemSchema(Answer):
    """One item of the ERP's list, and what it goes with."""

    erp_key = fields.String(required=True)
    text = fields.String(required=True)
    crm_key = fields.String(
        required=True, allow_none=True, metadata={"description": "By an entry or by its equal key; null is not mapped."}
    )


class TableSchema(ListPairSchema):
    """The table between two lists. `items` is null while the ERP cannot be asked, and `unreachable` says why."""

    locked = fields.String(required=True, metadata={"description": "Why it cannot be changed now, or empty."})
    entries = fields.List(fields.Nested(EntrySchema), required=True)
    items = fields.List(fields.Nested(ItemSchema), required=True, allow_none=True)
    unreachable = fields.String(required=True)
