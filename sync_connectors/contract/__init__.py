"""The connector contract; plugins import it from `sync_connectors`."""
