"""Users: making, changing and deactivating them. A user is never deleted, because records name who changed them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, selectinload

from host.accounts.models import ApiToken, Group, Role, User
from host.accounts.operations.memberships import lock_memberships
from host.accounts.passwords import faults_of, hash_password
from host.audit.doer import Doer
from host.audit.operations import changes_between, record, stale_version
from host.errors import ConflictError, InvalidInputError, NotFoundError

_SHOWN = ("login", "name", "email", "role", "active", "language", "time_zone")
_CHANGEABLE = frozenset(_SHOWN) - {"active"}


def get_user(session: Session, user_id: int, *, lock: bool = False) -> User:
    """Return a user with the groups loaded.

    Args:
        session: The session; a writing one for `lock`.
        user_id: Which user.
        lock: Whether the user is about to be changed. The administrators are locked as well, all in the order of
            their ids: of two who remove each other at the same time the second one waits, and then finds itself last.

    Raises:
        NotFoundError: There is no such user.
    """
    if lock:
        concerned = (User.id == user_id) | (User.role == Role.ADMINISTRATOR.value)
        session.execute(select(User.id).where(concerned).order_by(User.id).with_for_update())
    user = session.scalar(select(User).where(User.id == user_id).options(selectinload(User.groups)))
    if user is None:
        raise NotFoundError(_("no such user"))
    return user


def list_users(session: Session) -> Sequence[User]:
    """Return all users with their groups, the active ones first, by name."""
    query = select(User).options(selectinload(User.groups))
    return session.scalars(query.order_by(User.active.desc(), func.lower(User.name), User.id)).all()


def create_user(
    session: Session,
    doer: Doer,
    *,
    login: str,
    name: str,
    password: str,
    role: Role | str = Role.USER,
    email: str = "",
    language: str = "",
    time_zone: str = "",
    group_ids: Collection[int] = (),
) -> User:
    """Add a user who may sign in at once.

    Raises:
        InvalidInputError: The password is too weak, or a group does not exist.
        ConflictError: The login is taken.
    """
    faults = faults_of(password, login)
    if faults:
        raise InvalidInputError({"password": faults})
    _refuse_taken_login(session, normalised_login(login))
    user = User(
        login=normalised_login(login),
        name=name,
        email=email,
        password_hash=hash_password(password),
        role=Role(role).value,
        active=True,
        language=language,
        time_zone=time_zone,
        created_at=datetime.now(UTC),
        groups=_groups(session, group_ids),
    )
    session.add(user)
    session.flush()
    record(session, doer, "user.create", "user", user.id, user.name, changes_between({}, _shown(user)))
    return user


def change_user(
    session: Session, doer: Doer, user_id: int, changes: Mapping[str, Any], expected_version: int | None
) -> User:
    """Change what an administrator, or the user, may change.

    Args:
        session: The writing session.
        doer: Who does it.
        user_id: Whom.
        changes: New values of login, name, email, role, language, time_zone, group_ids; absent ones stay.
        expected_version: The version that was read, or None to overwrite whatever is there.

    Raises:
        NotFoundError: There is no such user.
        StaleVersionError: Somebody changed the user meanwhile.
        InvalidInputError: A group does not exist.
        ConflictError: The login is taken, or the last active administrator would be none any more.
    """
    if "group_ids" in changes:
        lock_memberships(session)
    user = get_user(session, user_id, lock=True)
    _refuse_stale(session, user, expected_version)
    before = _shown(user)
    if "login" in changes and normalised_login(changes["login"]) != user.login:
        _refuse_taken_login(session, normalised_login(changes["login"]))
    if Role(changes.get("role", user.role)) is not Role.ADMINISTRATOR:
        refuse_last_administrator(session, user)
    for field in _CHANGEABLE.intersection(changes):
        value = normalised_login(changes[field]) if field == "login" else changes[field]
        setattr(user, field, value.value if isinstance(value, Role) else value)
    if "group_ids" in changes:
        _set_groups(user, _groups(session, changes["group_ids"]))
    return _store(session, doer, user, "user.change", before)


def deactivate_user(session: Session, doer: Doer, user_id: int, expected_version: int | None = None) -> User:
    """End a user's access: all sessions and tokens at once, and signing in is refused.

    Raises:
        NotFoundError: There is no such user.
        StaleVersionError: Somebody changed the user meanwhile.
        ConflictError: It is the last active administrator, or the doer.
    """
    user = get_user(session, user_id, lock=True)
    _refuse_stale(session, user, expected_version)
    if user.id == doer.user_id:
        raise ConflictError(_("you cannot deactivate yourself"), _("ask another administrator"))
    refuse_last_administrator(session, user)
    before = _shown(user)
    user.active = False
    end_access(session, user)
    return _store(session, doer, user, "user.deactivate", before)


def activate_user(session: Session, doer: Doer, user_id: int, expected_version: int | None = None) -> User:
    """Let a deactivated user sign in again; sessions and tokens of before stay ended.

    Raises:
        NotFoundError: There is no such user.
        StaleVersionError: Somebody changed the user meanwhile.
    """
    user = get_user(session, user_id, lock=True)
    _refuse_stale(session, user, expected_version)
    before = _shown(user)
    user.active = True
    return _store(session, doer, user, "user.activate", before)


def set_password(session: Session, doer: Doer, user_id: int, password: str) -> User:
    """Give a user a new password; all sessions and tokens end.

    Raises:
        NotFoundError: There is no such user.
        InvalidInputError: The password is too weak.
    """
    user = get_user(session, user_id, lock=True)
    faults = faults_of(password, user.login)
    if faults:
        raise InvalidInputError({"password": faults})
    user.password_hash = hash_password(password)
    user.version += 1
    end_access(session, user)
    changes = changes_between({"password": "before"}, {"password": "after"}, secret={"password"})
    record(session, doer, "user.password", "user", user.id, user.name, changes)
    return user


def end_access(session: Session, user: User) -> None:
    """End all sessions and tokens of a user."""
    user.session_epoch += 1
    live = (ApiToken.user_id == user.id) & ApiToken.revoked_at.is_(None)
    session.execute(update(ApiToken).where(live).values(revoked_at=datetime.now(UTC)))


def normalised_login(login: str) -> str:
    """Return the form in which logins are stored and compared."""
    return login.strip().casefold()


def refuse_last_administrator(session: Session, user: User) -> None:
    """Raise ConflictError where `user` is the only active administrator."""
    if not (user.active and user.role == Role.ADMINISTRATOR.value):
        return
    query = select(User.id).where(User.active, User.role == Role.ADMINISTRATOR.value)
    if set(session.scalars(query)) <= {user.id}:
        raise ConflictError(_("this is the last active administrator"), _("make another administrator first"))


def _store(session: Session, doer: Doer, user: User, action: str, before: Mapping[str, Any]) -> User:
    changes = changes_between(before, _shown(user))
    if changes:
        user.version += 1
        session.flush()
        record(session, doer, action, "user", user.id, user.name, changes)
    return user


def _shown(user: User) -> dict[str, Any]:
    return {field: getattr(user, field) for field in _SHOWN} | {"groups": sorted(group.name for group in user.groups)}


def _refuse_stale(session: Session, user: User, expected_version: int | None) -> None:
    if expected_version is not None and user.version != expected_version:
        raise stale_version(session, "user", user.id)


def _refuse_taken_login(session: Session, login: str) -> None:
    if session.scalar(select(User.id).where(User.login == login)) is not None:
        raise ConflictError(_("the login %(login)s is taken", login=login), _("choose another one"))


def _groups(session: Session, group_ids: Collection[int]) -> list[Group]:
    found = session.scalars(select(Group).where(Group.id.in_(set(group_ids))).order_by(Group.id)).all()
    missing = set(group_ids) - {group.id for group in found}
    if missing:
        raise InvalidInputError({"group_ids": [_("no group %(number)s", number=number) for number in sorted(missing)]})
    return list(found)


def _set_groups(user: User, groups: list[Group]) -> None:
    for group in set(user.groups).symmetric_difference(groups):
        group.version += 1
    user.groups = groups
