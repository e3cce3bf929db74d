"""Proving who one is, and changing what proves it."""

from datetime import UTC, datetime

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from host.accounts.models import User
from host.accounts.operations.users import end_access, get_user, normalised_login, set_password
from host.accounts.passwords import hash_password, is_outdated, password_matches
from host.audit.doer import Doer
from host.audit.operations import record
from host.database import Database
from host.errors import InvalidInputError


def authenticate(database: Database, login: str, password: str) -> User | None:
    """Return the active user with this login and password, or None.

    A login that nobody has, a wrong password and a deactivated user look the same and take the same time. The
    comparison runs outside of any transaction: it is slow by intent.
    """
    with database.reading() as session:
        user = session.scalar(select(User).where(User.login == normalised_login(login)))
    matches = password_matches(user.password_hash if user else None, password)
    if user is None or not matches or not user.active:
        return None
    with database.writing() as session:
        signed_in = session.get(User, user.id)
        # what was compared must still hold: the user may have been deactivated while it was being compared
        if signed_in is None or not signed_in.active or signed_in.password_hash != user.password_hash:
            return None
        signed_in.last_sign_in_at = datetime.now(UTC)
        if is_outdated(signed_in.password_hash):
            signed_in.password_hash = hash_password(password)
        return signed_in


def change_own_password(session: Session, doer: Doer, user_id: int, present: str, new: str) -> User:
    """Change a password by the one who knows the present one; all sessions and tokens end.

    Raises:
        NotFoundError: There is no such user.
        InvalidInputError: The present password is wrong, or the new one too weak.
    """
    user = get_user(session, user_id, lock=True)
    if not password_matches(user.password_hash, present):
        raise InvalidInputError({"present_password": [_("is not your password")]})
    return set_password(session, doer, user_id, new)


def end_sessions(session: Session, doer: Doer, user_id: int) -> User:
    """End all sessions and tokens of a user.

    Raises:
        NotFoundError: There is no such user.
    """
    user = get_user(session, user_id, lock=True)
    end_access(session, user)
    record(session, doer, "user.end_sessions", "user", user.id, user.name)
    return user
