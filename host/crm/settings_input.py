"""What administrators type about lists and user-defined fields."""

from marshmallow import fields, validate

from host.crm.custom_fields import DESCRIPTION_LENGTH, LABEL_LENGTH, LARGEST_LENGTH, TYPES
from host.crm.list_operations import KEY_LENGTH, NAME_LENGTH
from host.crm.registry import entity_types
from host.schemas import Schema, Text


class FieldForm(Schema):
    """What may be changed of a user-defined field."""

    label = Text(required=True, validate=validate.Length(min=1, max=LABEL_LENGTH))
    description = Text(load_default="", validate=validate.Length(max=DESCRIPTION_LENGTH))
    searchable = fields.Boolean(load_default=False)
    max_length = fields.Integer(load_default=254, validate=validate.Range(min=0, max=LARGEST_LENGTH))


class NewFieldForm(FieldForm):
    """A new field; entity and type stay for ever."""

    entity_type = Text(required=True, validate=validate.OneOf(list(entity_types())))
    type = Text(required=True, validate=validate.OneOf([crm_type.value for crm_type in TYPES]))
    list_key = Text(load_default="")


class VersionForm(Schema):
    """The version that a change was made for."""

    version = fields.Integer(required=True)


class ListForm(Schema):
    """The name of a list."""

    name = Text(required=True, validate=validate.Length(min=1, max=NAME_LENGTH))


class ItemForm(ListForm):
    """An item of a list."""

    active = fields.Boolean(load_default=False)
    version = fields.Integer(required=True)


class NewItemForm(ListForm):
    """A new item; its key stays for ever and is made of the name where it is empty."""

    key = Text(load_default="", validate=validate.Length(max=KEY_LENGTH))
    version = fields.Integer(required=True)
