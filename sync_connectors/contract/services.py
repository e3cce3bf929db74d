"""What the host hands to a connector, so that a plugin never opens files or connections by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import requests


@dataclass(frozen=True, slots=True)
class StoredState:
    """One value of a link's durable store, with the version that a compare-and-swap needs."""

    text: str
    version: int


class StateStore(Protocol):
    """A small durable store per link, encrypted, committed at once: rotating tokens, call budgets.

    Usable from any thread that a session is used on; each call is a short transaction of its own.
    """

    def get(self, key: str) -> StoredState | None:
        """Return the stored value, or None if there is none."""

    def swap(self, key: str, text: str | None, expected_version: int) -> StoredState | None:
        """Store `text` (None deletes) if the stored version is still `expected_version` (0: there is none).

        Returns the new state, or None when somebody else was quicker: read again and decide anew.
        """


class Services(Protocol):
    """Handed to every call on a connector and to every session."""

    @property
    def http(self) -> requests.Session:
        """The one road out: keep-alive, deadlines, retries with back-off, address policy, secrets redacted in logs."""

    @property
    def state(self) -> StateStore:
        """The link's durable store; before the link is first saved it lives in memory only."""

    @property
    def files_root(self) -> Path:
        """Folder below which a plugin may open files; it checks resolved paths itself."""

    @property
    def time_zone(self) -> ZoneInfo:
        """The link's ERP time zone, in which LOCAL_DATETIME values are meant."""

    def remaining(self) -> float:
        """Return the seconds until the call's deadline; a long call asks now and then and gives up at 0."""

    def log(self, message: str, fields: Mapping[str, object] | None = None) -> None:
        """Write to the host's log under the link's name, secrets redacted."""
