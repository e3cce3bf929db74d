"""Who uses groups, without the accounts knowing them: higher floors register how to find their uses."""

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

GroupUsage = Callable[[Session, int], Sequence[str]]
"""Takes a session and a group's id, returns what uses the group, in words such as `ERP link Exact NL`."""

_group_usages: list[GroupUsage] = []


def register_group_usage(usage: GroupUsage) -> None:
    """Let a group be kept while `usage` names something that needs it."""
    if usage not in _group_usages:
        _group_usages.append(usage)


def uses_of_group(session: Session, group_id: int) -> list[str]:
    """Return everything that uses a group."""
    return [use for usage in _group_usages for use in usage(session, group_id)]
