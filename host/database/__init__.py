"""The one database of an installation: SQLite in WAL mode, or PostgreSQL."""

from host.database.base import Base
from host.database.database import Database, current_database
from host.database.inserting import JsonTexts, Same, Values, insert_columns
from host.database.json_texts import dump_json
from host.database.membership import among, among_parameter, is_on_postgresql, one_parameter
from host.database.statistics import refresh_statistics
from host.database.troubles import is_trouble
from host.database.types import ExactDecimal, JsonValue, UtcDateTime

__all__ = [
    "Base",
    "Database",
    "ExactDecimal",
    "JsonTexts",
    "JsonValue",
    "Same",
    "UtcDateTime",
    "Values",
    "among",
    "among_parameter",
    "current_database",
    "dump_json",
    "insert_columns",
    "is_on_postgresql",
    "is_trouble",
    "one_parameter",
    "refresh_statistics",
]
