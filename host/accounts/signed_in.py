"""The user of a request: one statement per request, and no database object that outlives it."""

from dataclasses import dataclass

from flask_login import UserMixin
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from host.accounts.models import Role, TokenScope, User, group_member
from host.accounts.principal import Principal


@dataclass(frozen=True, eq=False)
class SignedInUser(UserMixin):
    """What pages and API know of the one who asks; `flask_login.current_user` is one of these.

    Attributes:
        id: The user.
        epoch: The user's session epoch; it is in the cookie, and a cookie with another one does not count.
        scope: What the API token of this request may do, or None for a session.
        token_name: What the user calls that token, or empty.
    """

    id: int
    login: str
    name: str
    role: Role
    epoch: int
    language: str
    time_zone: str
    group_ids: frozenset[int]
    scope: TokenScope | None = None
    token_name: str = ""

    def get_id(self) -> str:
        """Return what the session cookie holds."""
        return f"{self.id}.{self.epoch}"

    @property
    def is_administrator(self) -> bool:
        """Whether administration is open to this request: a token without the scope admin does not open it."""
        return self.role is Role.ADMINISTRATOR and self.scope in {None, TokenScope.ADMIN}

    @property
    def principal(self) -> Principal:
        """The user as rules of visibility see it."""
        return Principal(self.id, self.name, self.is_administrator, self.group_ids)


def user_of_session(session: Session, cookie_id: str) -> SignedInUser | None:
    """Return the user whom a session cookie names, or None where the session has ended."""
    number, _dot, epoch = cookie_id.partition(".")
    if not (number.isdecimal() and epoch.isdecimal()):
        return None
    return _load(session, (User.id == int(number)) & (User.session_epoch == int(epoch)))


def user_of_token(session: Session, user_id: int, scope: TokenScope, token_name: str) -> SignedInUser | None:
    """Return the user on whose behalf a token acts."""
    return _load(session, User.id == user_id, scope, token_name)


def _load(
    session: Session, chosen: ColumnElement[bool], scope: TokenScope | None = None, token_name: str = ""
) -> SignedInUser | None:
    query = (
        select(User, group_member.c.group_id)
        .outerjoin(group_member, group_member.c.user_id == User.id)
        .where(chosen, User.active)
    )
    rows = session.execute(query).all()
    if not rows:
        return None
    user: User = rows[0][0]
    return SignedInUser(
        id=user.id,
        login=user.login,
        name=user.name,
        role=Role(user.role),
        epoch=user.session_epoch,
        language=user.language,
        time_zone=user.time_zone,
        group_ids=frozenset(group_id for _user, group_id in rows if group_id is not None),
        scope=scope,
        token_name=token_name,
    )
