"""Fields with the rules that every input of Tieline keeps."""

from typing import Any

from marshmallow import fields, validate

LARGEST_ID = 2**31 - 1
"""The largest value of an integer column on PostgreSQL, and so of every id and version."""


class Text(fields.String):
    """A text that is stripped; the same as `fields.String` in a `Schema`, said aloud."""


class VerbatimText(fields.String):
    """A text that is taken as it is: a password, whose spaces count."""


class RecordId(fields.Integer):
    """The id of a row, within what the databases can hold."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("validate", validate.Range(min=1, max=LARGEST_ID))
        super().__init__(strict=True, **options)
