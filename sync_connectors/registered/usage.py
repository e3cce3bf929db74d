"""Who uses sync connectors, without this floor knowing them: the floor above registers how to find the uses."""

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

ConnectorUsage = Callable[[Session, int], Sequence[str]]
"""Takes a session and a connector's id, returns the names of the ERP links that use it."""

_usages: list[ConnectorUsage] = []


def register_usage(usage: ConnectorUsage) -> None:
    """Let a connector be kept while `usage` names a link that needs it."""
    if usage not in _usages:
        _usages.append(usage)


def links_using(session: Session, connector_id: int) -> list[str]:
    """Return the names of all ERP links that use a connector."""
    return [name for usage in _usages for name in usage(session, connector_id)]
