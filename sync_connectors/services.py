"""What the host hands to every call of a connector."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import requests

from host.logs.redaction import is_secret_name, redacted
from host.outbound import open_outbound_session
from host.settings import Settings
from sync_connectors.contract.services import Services, StateStore
from sync_connectors.state import MemoryState
from sync_connectors.watching import CallWatcher

_logger = logging.getLogger("sync_connectors.plugin")
_LONGEST_MESSAGE = 10_000


@dataclass
class HostServices:
    """The services of one session, or of one call without a session.

    Attributes:
        settings: Of this installation: what may be called, and below which folder a plugin may open files.
        time_zone: The link's ERP time zone.
        seconds: Deadline of each call.
        link_name: Under which the log tells of the link.
        state: The link's durable store; `DatabaseState` once the link is saved.
        watcher: Is told of each call of the link.
    """

    settings: Settings
    time_zone: ZoneInfo
    seconds: float
    link_name: str = ""
    state: StateStore = field(default_factory=MemoryState)
    watcher: CallWatcher | None = field(default=None, repr=False)
    _deadline: float = field(default=0.0, init=False, repr=False)

    def __post_init__(self) -> None:
        self.begin_call()

    def begin_call(self) -> float:
        """Start the deadline of the next call; return its seconds."""
        self._deadline = time.monotonic() + self.seconds
        return self.seconds

    def remaining(self) -> float:
        """Return the seconds until the deadline of the present call; never below 0."""
        return max(0.0, self._deadline - time.monotonic())

    @property
    def files_root(self) -> Path:
        """Folder below which a plugin may open files."""
        return self.settings.files_root

    @cached_property
    def http(self) -> requests.Session:
        """The one road out of the host, opened when a connector first asks for it."""
        return open_outbound_session(self.settings, self.remaining)

    def log(self, message: str, fields: Mapping[str, object] | None = None) -> None:
        """Write to the host's log under the link's name, secrets redacted."""
        told = {
            str(name): "***" if is_secret_name(str(name)) else redacted(str(value)[:_LONGEST_MESSAGE])
            for name, value in (fields or {}).items()
        }
        words = " ".join(f"{name}={value}" for name, value in told.items())
        _logger.info("%s: %s %s", self.link_name or "no link", redacted(str(message)[:_LONGEST_MESSAGE]), words)


def begin_call(services: Services) -> float:
    """Start the deadline of the next call, where the host made the services; return its seconds."""
    return services.begin_call() if isinstance(services, HostServices) else services.remaining()


def watcher_of(services: Services | None) -> CallWatcher | None:
    """Return who is told of the calls that get these services."""
    return services.watcher if isinstance(services, HostServices) else None
