"""What can be wrong with plugins."""

from sync_connectors.contract.errors import ConnectorError


class PluginError(Exception):
    """A plugin cannot be used as it is; the message names the fault and what mends it."""


class ConnectorMissingError(ConnectorError):
    """No loaded plugin offers the connector: it was uninstalled, blocked, or failed to load.

    Args:
        name: Name or URL of the connector.
        reason: Why it is missing, where that is known.
        instruction: What to do; to mend the plugin unless given.
    """

    effect = "nothing is called; the link is paused until the plugin is back and says so meanwhile"

    def __init__(self, name: str, reason: str = "", instruction: str = "") -> None:
        self.name = name
        super().__init__(
            f"no connector answers behind {name}" + (f": {reason}" if reason else ""),
            instruction=instruction
            or "install or mend its plugin and restart Tieline; the page Plugins shows what was found",
        )
