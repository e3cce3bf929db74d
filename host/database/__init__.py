"""The one database of an installation: SQLite in WAL mode, or PostgreSQL."""

from host.database.base import Base
from host.database.database import Database, current_database
from host.database.inserting import JsonTexts, Same, Values, insert_columns
from host.database.json_texts import dump_json, load_json
from host.database.membership import (
    among,
    among_parameter,
    among_selected,
    is_on_postgresql,
    one_parameter,
    select_named,
)
from host.database.statistics import refresh_sizes, refresh_statistics
from host.database.troubles import is_trouble
from host.database.types import ExactDecimal, JsonObject, JsonText, JsonValue, UtcDateTime
from host.database.updating import update_rows

__all__ = [
    "Base",
    "Database",
    "ExactDecimal",
    "JsonObject",
    "JsonText",
    "JsonTexts",
    "JsonValue",
    "Same",
    "UtcDateTime",
    "Values",
    "among",
    "among_parameter",
    "among_selected",
    "current_database",
    "dump_json",
    "insert_columns",
    "is_on_postgresql",
    "is_trouble",
    "load_json",
    "one_parameter",
    "refresh_sizes",
    "refresh_statistics",
    "select_named",
    "update_rows",
]
