"""Where log records go and what they look like there."""

import copy
import logging
import sys
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from host.logs.context import bound
from host.logs.redaction import MASK, is_secret_name, redacted
from host.settings import Settings

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def configure(settings: Settings) -> None:
    """Send the records of this process where the settings say; called once, when a process starts."""
    handler = _handler(settings)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines())
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    logging.captureWarnings(capture=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # every look at the revision would be a line


class TextLines(logging.Formatter):
    """One readable line per record: time, severity, logger, what it belongs to, message."""

    def __init__(self) -> None:
        super().__init__("%(moment)s %(levelname)-7s %(name)s [%(context)s] %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        safe = _without_secrets(record)
        safe.moment = _moment(record)
        safe.context = " ".join(f"{name}={value}" for name, value in bound().items()) or "-"
        return super().format(safe)


class JsonLines(JsonFormatter):
    """One JSON object per record, with the fields bound and those given as `extra`."""

    def __init__(self) -> None:
        super().__init__("%(message)s", json_ensure_ascii=False)

    def format(self, record: logging.LogRecord) -> str:
        return super().format(_without_secrets(record))

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        log_data.update(time=_moment(record), severity=record.levelname.lower(), logger=record.name, **bound())
        super().add_fields(log_data, record, message_dict)


def _without_secrets(record: logging.LogRecord) -> logging.LogRecord:
    """Return a copy, because other handlers and the tests still look at the record itself."""
    safe = copy.copy(record)
    safe.msg, safe.args = redacted(record.getMessage()), None
    if record.exc_info:
        safe.exc_text = redacted(logging.Formatter().formatException(record.exc_info))
        safe.exc_info = None
    if record.stack_info:
        safe.stack_info = redacted(record.stack_info)
    for name, value in record.__dict__.items():
        if name not in _STANDARD:
            setattr(safe, name, MASK if is_secret_name(name) else redacted(value) if isinstance(value, str) else value)
    return safe


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _handler(settings: Settings) -> logging.Handler:
    if settings.log_file is None:
        return logging.StreamHandler(sys.stderr)
    settings.log_file.parent.mkdir(parents=True, exist_ok=True)
    # Reopens the file after a rotation; web and worker process append to the same one.
    return WatchedFileHandler(settings.log_file, encoding="utf-8")
