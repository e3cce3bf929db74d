"""The first administrator, made through a one-time link that only the console of the system shows."""

import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from flask_babel import gettext as _
from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from host.accounts.models import Role, SetupLink, User
from host.accounts.operations.users import create_user
from host.address import address_of
from host.audit.doer import Doer
from host.errors import NotFoundError
from host.settings import Settings

VALID_FOR = timedelta(hours=24)


def first_administrator_link(session: Session, settings: Settings) -> str | None:
    """Return the address at which the first administrator is made, or None where there are users already.

    Each call makes a new link and ends the one before, so that only the newest console output opens anything.
    """
    if _has_users(session):
        return None
    token = secrets.token_urlsafe(32)
    session.execute(delete(SetupLink))
    session.add(SetupLink(digest=_digest(token), expires_at=datetime.now(UTC) + VALID_FOR))
    session.flush()
    return f"{address_of(settings)}/setup/{token}"


def setup_link_is_open(session: Session, token: str) -> bool:
    """Tell whether the link still makes an administrator."""
    return not _has_users(session) and _open_link(session, token) is not None


def create_first_administrator(
    session: Session, token: str, *, login: str, name: str, password: str, address: str = ""
) -> User:
    """Make the first administrator and use the link up, both or neither.

    Raises:
        NotFoundError: The link is unknown, used or expired, or there are users already.
        InvalidInputError: The password is too weak.
    """
    link = _open_link(session, token)
    if link is None or _has_users(session):
        raise NotFoundError(_("this link does not count any more"), _("start Tieline again for a new one"))
    link.used_at = datetime.now(UTC)
    doer = Doer(user_id=None, name=name, channel="page", address=address)
    return create_user(session, doer, login=login, name=name, password=password, role=Role.ADMINISTRATOR)


def _has_users(session: Session) -> bool:
    return bool(session.scalar(select(exists(select(User.id)))))


def _open_link(session: Session, token: str) -> SetupLink | None:
    # the lock makes a second one who uses the link at the same moment wait, and then find it used
    query = select(SetupLink).where(SetupLink.digest == _digest(token)).with_for_update()
    link = session.scalar(query)
    is_open = link is not None and link.used_at is None and link.expires_at > datetime.now(UTC)
    return link if is_open else None


def _digest(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
