"""The guard around every connector: deadlines, checked answers, and only errors of the contract."""

from sync_connectors.guarding.calls import CallPool, CallWorker
from sync_connectors.guarding.connector import GuardedConnector
from sync_connectors.guarding.halting import HaltedError, given_up_after, present_halt
from sync_connectors.guarding.session import UNDECLARED, GuardedSession

__all__ = [
    "UNDECLARED",
    "CallPool",
    "CallWorker",
    "GuardedConnector",
    "GuardedSession",
    "HaltedError",
    "given_up_after",
    "present_halt",
]
