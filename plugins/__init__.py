"""The connectors that ship with Tieline; each uses only the public contract `sync_connectors`."""
