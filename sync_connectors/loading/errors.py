"""What can be wrong with plugins."""

from sync_connectors.contract.errors import ConnectorError


class PluginError(Exception):
    """A plugin cannot be used as it is; the message names the fault and what mends it."""


class ConnectorMissingError(ConnectorError):
    """No loaded plugin offers the connector: it was uninstalled, blocked, or failed to load."""

    effect = "nothing is called; the link is paused until the plugin is back and says so meanwhile"

    def __init__(self, name: str, reason: str = "") -> None:
        self.name = name
        super().__init__(
            f"no loaded plugin offers the connector {name}" + (f": {reason}" if reason else ""),
            instruction="install or mend its plugin and restart Tieline; the page Plugins shows what was found",
        )
