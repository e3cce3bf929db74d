"""The conformance kit as a class of tests."""

from sync_connectors.testing.suite.writing import ConnectorTests

__all__ = ["ConnectorTests"]
