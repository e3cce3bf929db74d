"""Finding plugins among the installed distributions. Nothing is imported yet."""

import re
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from sync_connectors.contract.hooks import ENTRY_POINT_GROUP
from sync_connectors.loading.reports import PluginReport, PluginStatus

OWN_DISTRIBUTION = "tieline"


@dataclass(frozen=True, slots=True)
class FoundPlugin:
    """An entry point and the distribution that declares it."""

    distribution: str
    version: str
    entry_point: EntryPoint

    @property
    def label(self) -> str:
        """Name for messages: the entry point with its distribution and version."""
        return f"{self.entry_point.name} ({self.distribution} {self.version})"

    def answers_to(self, name: str) -> bool:
        """Whether an administrator means this plugin: by its entry point or by its distribution."""
        return _normalised(name) in {_normalised(self.entry_point.name), _normalised(self.distribution)}

    def report(
        self, status: PluginStatus, reason: str = "", detail: str = "", connectors: tuple[str, ...] = ()
    ) -> PluginReport:
        """Return the report of what became of it."""
        return PluginReport(self.distribution, self.version, self.entry_point.name, status, reason, detail, connectors)


def discover_plugins() -> list[FoundPlugin]:
    """Return all plugins: those that ship with Tieline first, so that nobody takes their names, then by name."""
    found = [_found(entry_point) for entry_point in entry_points(group=ENTRY_POINT_GROUP)]
    return sorted(
        found,
        key=lambda plugin: (
            plugin.distribution != OWN_DISTRIBUTION,
            plugin.distribution.lower(),
            plugin.entry_point.name,
        ),
    )


def _found(entry_point: EntryPoint) -> FoundPlugin:
    distribution = entry_point.dist
    if distribution is None:
        return FoundPlugin("unknown", "unknown", entry_point)
    metadata = distribution.metadata  # a damaged installation lacks name or version, and must not stop the others
    return FoundPlugin(metadata["Name"] or "unknown", metadata["Version"] or "unknown", entry_point)


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).strip().lower()
