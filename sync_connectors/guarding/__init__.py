"""The guard around every connector: deadlines, checked answers, and only errors of the contract."""

from sync_connectors.guarding.calls import CallPool, CallWorker
from sync_connectors.guarding.connector import GuardedConnector
from sync_connectors.guarding.session import GuardedSession

__all__ = ["CallPool", "CallWorker", "GuardedConnector", "GuardedSession"]
