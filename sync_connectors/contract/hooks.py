"""The hooks of pluggy that Tieline calls, and the marker with which a plugin implements them."""

from typing import Protocol

import pluggy

from sync_connectors.contract.connector import Connector

ENTRY_POINT_GROUP = "tieline"

hookspec = pluggy.HookspecMarker(ENTRY_POINT_GROUP)
hookimpl = pluggy.HookimplMarker(ENTRY_POINT_GROUP)
"""Marks a function of a plugin as the implementation of a hook."""


class ConnectorRegister(Protocol):
    """Collects connectors while a plugin is loaded."""

    def add(self, connector: type[Connector]) -> None:
        """Make the one instance of a connector class, and keep it under its `name`.

        Raises:
            PluginError: The class is incomplete, its contract version is not ours, or its name is taken. Whoever
                catches it is listed as failed all the same.
        """


# -- start of a process ------------------------------------------------------------------------------------------------


@hookspec
def register_connectors(register: ConnectorRegister) -> None:
    """Add this plugin's connectors to the register.

    Args:
        register: Takes connector classes during this call, and makes one instance of each at once.

    Called: once for each process, at its start, on the main thread, outside any transaction; must not block. An
    exception removes all that this plugin has registered, and lists the plugin with the reason; the host starts.
    """
