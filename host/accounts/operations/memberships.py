"""Who belongs to which group, changed by one at a time."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from host.accounts.models import group_member


def lock_memberships(session: Session) -> None:
    """Keep others from changing memberships until the transaction ends; call it before anything else is locked.

    A change of memberships raises the versions of a group and of users. Whoever edits the group has locked that one
    first, and whoever edits a member the member; without this each would wait for the other.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer
        session.execute(text(f'LOCK TABLE "{group_member.name}" IN SHARE ROW EXCLUSIVE MODE'))
