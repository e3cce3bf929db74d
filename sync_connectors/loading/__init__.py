"""Finding connector plugins and loading each so that a broken one harms no other."""

from sync_connectors.loading.errors import ConnectorMissingError, PluginError
from sync_connectors.loading.loader import load_plugins
from sync_connectors.loading.plugins import EXTENSION, Plugins, current_plugins
from sync_connectors.loading.reports import PluginReport, PluginStatus

__all__ = [
    "EXTENSION",
    "ConnectorMissingError",
    "PluginError",
    "PluginReport",
    "PluginStatus",
    "Plugins",
    "current_plugins",
    "load_plugins",
]
