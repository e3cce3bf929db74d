"""The one database of an installation: SQLite in WAL mode, or PostgreSQL."""

from host.database.base import Base
from host.database.database import Database, current_database
from host.database.types import ExactDecimal, JsonValue, UtcDateTime

__all__ = ["Base", "Database", "ExactDecimal", "JsonValue", "UtcDateTime", "current_database"]
