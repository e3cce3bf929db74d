"""A row of a table as one line of JSON, and back, exactly."""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Column, Date, LargeBinary, Table

from host.database import ExactDecimal, UtcDateTime

Convert = Callable[[Any], Any]


def to_line(row: Mapping[str, Any]) -> bytes:
    """Return a row as a line of JSON."""
    plain = {name: _plain(value) for name, value in row.items()}
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def readers_of(table: Table) -> dict[str, Convert]:
    """Return what makes column values of the JSON of a line, by column name."""
    return {column.name: _reader_of(column) for column in table.columns}


def from_line(line: bytes, readers: Mapping[str, Convert]) -> dict[str, Any]:
    """Return the row of a line.

    Raises:
        ValueError: The line is no such row.
    """
    plain = json.loads(line)
    if not isinstance(plain, dict) or plain.keys() != readers.keys():
        raise ValueError("a line has other columns than its table")
    return {name: None if value is None else readers[name](value) for name, value in plain.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def _reader_of(column: Column[Any]) -> Convert:
    kind = column.type
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat
    if isinstance(kind, Date):
        return date.fromisoformat
    if isinstance(kind, ExactDecimal):
        return Decimal
    if isinstance(kind, LargeBinary):
        return base64.b64decode
    if isinstance(kind, JSON):
        return _unchanged
    return _unchanged


def _unchanged(value: Any) -> Any:
    return value
