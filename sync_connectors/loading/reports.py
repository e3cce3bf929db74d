"""What became of each plugin that was found, for the Plugins page and the command `plugin list`."""

from dataclasses import dataclass
from enum import StrEnum


class PluginStatus(StrEnum):
    """A failed plugin was tried; a blocked one was not even imported."""

    LOADED = "loaded"
    FAILED = "failed"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class PluginReport:
    """One plugin.

    Attributes:
        distribution: Name of the installed distribution that brings it; `version` is the distribution's.
        entry_point: Name in the entry point group `tieline`.
        reason: Why it is not loaded, in one line; empty for a loaded one.
        detail: The traceback, for whoever mends it; may be empty.
        connectors: Names of the connectors that it registered.
    """

    distribution: str
    version: str
    entry_point: str
    status: PluginStatus
    reason: str = ""
    detail: str = ""
    connectors: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name for messages: the entry point with its distribution and version."""
        return f"{self.entry_point} ({self.distribution} {self.version})"
