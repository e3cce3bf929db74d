"""What the API gives of plugins."""

from marshmallow import Schema, fields


class PluginSchema(Schema):
    """One plugin that was found, and what became of it."""

    distribution = fields.String(required=True)
    version = fields.String(required=True)
    entry_point = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": ["loaded", "failed", "blocked"]})
    reason = fields.String(required=True, metadata={"description": "Why it is not loaded, or empty."})
    connectors = fields.List(fields.String(), required=True)


class PluginListSchema(Schema):
    """All plugins, in the order of loading."""

    items = fields.List(fields.Nested(PluginSchema), required=True)
