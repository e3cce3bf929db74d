"""What the rest of Tieline sees of the plugins; no other module talks to pluggy."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import cast

from flask import current_app

from sync_connectors.contract.connector import Connector
from sync_connectors.loading.errors import ConnectorMissingError
from sync_connectors.loading.reports import PluginReport, PluginStatus

EXTENSION = "tieline_plugins"


class Plugins:
    """The connectors of all loaded plugins, and a report on every plugin that was found.

    Attributes:
        connectors: One instance of each connector by name, guarded: every answer is checked and comes in time.
        reports: One for each plugin, in the order of loading.
    """

    def __init__(self, connectors: Mapping[str, Connector], reports: Sequence[PluginReport]) -> None:
        self.connectors: Mapping[str, Connector] = MappingProxyType(dict(connectors))
        self.reports = tuple(reports)

    @property
    def failed(self) -> tuple[PluginReport, ...]:
        """The reports of the plugins that failed to load."""
        return tuple(report for report in self.reports if report.status is PluginStatus.FAILED)

    def connector(self, name: str) -> Connector:
        """Return the connector of this name.

        Raises:
            ConnectorMissingError: No loaded plugin offers it.
        """
        try:
            return self.connectors[name]
        except KeyError:
            raise ConnectorMissingError(name, self._why_missing(name)) from None

    def owner_of(self, name: str) -> PluginReport | None:
        """Return the report of the plugin that brought a connector, or None if there is no such connector."""
        return next((report for report in self.reports if name in report.connectors), None)

    def identity_of(self, name: str) -> str:
        """Return connector, version and distribution in one text; a test of a link counts only for the same one.

        Raises:
            ConnectorMissingError: No loaded plugin offers it.
        """
        connector = self.connector(name)
        owner = self.owner_of(name)
        origin = f" ({owner.distribution} {owner.version})" if owner else ""
        return f"{name} {connector.version}{origin}"

    def _why_missing(self, name: str) -> str:
        for report in self.reports:
            if report.entry_point == name and report.status is not PluginStatus.LOADED:
                return f"{report.label} is {report.status.value}: {report.reason}"
        return ""


def current_plugins() -> Plugins:
    """Return the plugins of the running Flask application."""
    return cast(Plugins, current_app.extensions[EXTENSION])
