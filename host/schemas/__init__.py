"""Input schemas, the same ones for pages, API and commands.

    class GroupInput(Schema):
        name = Text(required=True, validate=Length(min=1, max=254))

    values = load(GroupInput, {"name": "Sales"})      # JSON: types are strict
    values = load_form(GroupInput, request.form)      # a form: texts are converted

Unknown fields are refused, texts are stripped, and what no database can hold is refused; all faults come at once as
an `InvalidInputError`.
"""

from host.schemas.base import Schema
from host.schemas.fields import RecordId, Text, VerbatimText
from host.schemas.loading import flattened, load, load_form

__all__ = ["RecordId", "Schema", "Text", "VerbatimText", "flattened", "load", "load_form"]
