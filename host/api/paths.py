"""What may stand in the variable parts of a path: nothing that a database could not hold."""

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, UnicodeConverter

from host.schemas.fields import LARGEST_ID
from host.schemas.texts import fault_of_text


class RecordIdConverter(IntegerConverter):
    """The id of a record; a larger number is the id of none, so its path does not exist."""

    def __init__(self, url_map: Any, *args: Any, **options: Any) -> None:
        options.setdefault("max", LARGEST_ID)
        super().__init__(url_map, *args, **options)


class StorableTextConverter(UnicodeConverter):
    """A key or name; a text that no database holds is the key of nothing."""

    def to_python(self, value: str) -> str:
        if fault_of_text(value):
            raise ValueError("no database holds this text")
        return str(super().to_python(value))


def init_paths(app: Flask) -> None:
    """Let `<int:…>` and `<…>` mean these two on pages and API alike; stands before any route is added."""
    app.url_map.converters.update(int=RecordIdConverter, default=StorableTextConverter, string=StorableTextConverter)
