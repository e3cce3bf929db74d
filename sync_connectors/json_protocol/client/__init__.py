"""The calling side of the JSON protocol: a connector behind an address, as if it were a plugin of this process."""

from sync_connectors.json_protocol.client.connector import RemoteConnector

__all__ = ["RemoteConnector"]
