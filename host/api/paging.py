"""Lists of the API: `?limit=&after=` in, `{"items": […], "next": "…" or null}` out."""

from marshmallow import Schema as PlainSchema
from marshmallow import fields, validate

from host.paging import DEFAULT_LIMIT, LARGEST_LIMIT
from host.schemas import Schema, Text


class PageArguments(Schema):
    """The query of a list; derive from it for filters."""

    limit = fields.Integer(
        load_default=DEFAULT_LIMIT,
        validate=validate.Range(min=1, max=LARGEST_LIMIT),
        metadata={"description": "Most items of the answer."},
    )
    after = Text(
        load_default="",
        validate=validate.Length(max=1000),
        metadata={"description": "`next` of the page before; absent for the first page."},
    )


def page_schema(item: type[PlainSchema]) -> type[PlainSchema]:
    """Return the schema of a page of an item's schema, as `@blueprint.response(200, …)` takes it."""
    name = item.__name__.removesuffix("Schema")
    return PlainSchema.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(
                required=True,
                allow_none=True,
                metadata={"description": "Cursor of the page after, null at the end."},
            ),
        },
        name=f"{name}PageSchema",
    )
