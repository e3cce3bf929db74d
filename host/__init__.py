"""The Flask host and its ground; knows nothing of connectors or links, except in host.app and host.cli."""
