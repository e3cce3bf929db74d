"""API tokens: `tl_<eight characters to know it by>_<secret>`, shown once, kept as a digest."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from host.accounts.models import ApiToken, Role, TokenScope
from host.accounts.operations.users import get_user
from host.audit.doer import Doer
from host.audit.operations import record
from host.database import Database
from host.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError

_NOTE_USE_EVERY = timedelta(minutes=1)


def create_token(
    session: Session,
    doer: Doer,
    user_id: int,
    name: str,
    scope: TokenScope | str,
    expires_at: datetime | None,
) -> tuple[ApiToken, str]:
    """Make a token.

    Args:
        session: The writing session.
        doer: Who makes it.
        user_id: On whose behalf the token acts.
        name: What the user calls it; unique among the user's living tokens.
        scope: What the token may do, never more than its user.
        expires_at: When it ends, or None for never.

    Returns:
        The stored token, and its text, which nobody can read again.

    Raises:
        NotFoundError: There is no such user.
        ForbiddenError: The scope is more than the user may.
        InvalidInputError: The end is not in the future.
        ConflictError: A living token of the user has the name, or the user is deactivated.
    """
    user = get_user(session, user_id, lock=True)
    now = datetime.now(UTC)
    if not user.active:
        raise ConflictError(_("the user is deactivated"), _("activate the user first"))
    if TokenScope(scope) is TokenScope.ADMIN and user.role != Role.ADMINISTRATOR.value:
        raise ForbiddenError(_("the scope admin needs an administrator"), _("choose read or write"))
    if expires_at is not None and expires_at <= now:
        raise InvalidInputError({"expires_at": [_("lies in the past")]})
    _make_room_for(session, user.id, name, now)
    shown = f"tl_{secrets.token_hex(4)}"
    text = f"{shown}_{secrets.token_urlsafe(32)}"
    token = ApiToken(
        user_id=user.id,
        name=name,
        prefix=shown,
        digest=_digest(text),
        scope=TokenScope(scope).value,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(token)
    session.flush()
    changes = {"scope": {"before": None, "after": token.scope}, "expires_at": {"before": None, "after": expires_at}}
    record(session, doer, "token.create", "api_token", token.id, f"{user.name}: {name}", changes)
    return token, text


def list_tokens(session: Session, user_id: int) -> Sequence[ApiToken]:
    """Return the tokens of a user that are not revoked, newest first; expired ones are among them."""
    query = select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    return session.scalars(query.order_by(ApiToken.created_at.desc(), ApiToken.id.desc())).all()


def revoke_token(session: Session, doer: Doer, user_id: int, token_id: int) -> None:
    """End a token of a user at once.

    Raises:
        NotFoundError: The user has no such token.
    """
    token = session.scalar(
        select(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
        .options(joinedload(ApiToken.user))
    )
    if token is None:
        raise NotFoundError(_("no such token"))
    token.revoked_at = datetime.now(UTC)
    record(session, doer, "token.revoke", "api_token", token.id, f"{token.user.name}: {token.name}")


def authenticate_token(session: Session, text: str) -> ApiToken | None:
    """Return the token of this text with its user, or None where it does not count (any more)."""
    token = session.scalar(select(ApiToken).where(ApiToken.digest == _digest(text)).options(joinedload(ApiToken.user)))
    if token is None or token.revoked_at is not None or not token.user.active:
        return None
    expired = token.expires_at is not None and token.expires_at <= datetime.now(UTC)
    return None if expired else token


def note_use(database: Database, token: ApiToken) -> None:
    """Store when a token was last used, to the minute, so that reading over the API seldom writes."""
    now = datetime.now(UTC)
    if token.last_used_at is not None and now - token.last_used_at < _NOTE_USE_EVERY:
        return
    with database.writing() as session:
        stored = session.get(ApiToken, token.id)
        if stored is not None:
            stored.last_used_at = now


def _make_room_for(session: Session, user_id: int, name: str, now: datetime) -> None:
    """Refuse a name that a living token has; a dead one gives its name up."""
    holder = session.scalar(select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.name == name))
    if holder is None:
        return
    if holder.revoked_at is None and (holder.expires_at is None or holder.expires_at > now):
        raise ConflictError(_("you have a token %(name)s already", name=name), _("choose another name, or revoke it"))
    session.delete(holder)
    session.flush()


def _digest(text: str) -> str:
    # the secret has 256 random bits, so a fast digest is enough; salt and stretching are for what people think up
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
