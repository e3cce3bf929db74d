"""Groups: named sets of users, with which visibility is given."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from host.accounts.models import Group, User
from host.accounts.operations.memberships import lock_memberships
from host.accounts.usage import uses_of_group
from host.audit.doer import Doer
from host.audit.operations import changes_between, record, stale_version
from host.errors import ConflictError, InvalidInputError, NotFoundError


def get_group(session: Session, group_id: int, *, lock: bool = False) -> Group:
    """Return a group with its members loaded.

    Raises:
        NotFoundError: There is no such group.
    """
    query = select(Group).where(Group.id == group_id).options(selectinload(Group.members))
    group = session.scalar(query.with_for_update() if lock else query)
    if group is None:
        raise NotFoundError(_("no such group"))
    return group


def list_groups(session: Session) -> Sequence[Group]:
    """Return all groups with their members, by name."""
    query = select(Group).options(selectinload(Group.members))
    return session.scalars(query.order_by(func.lower(Group.name), Group.id)).all()


def create_group(
    session: Session, doer: Doer, *, name: str, description: str = "", member_ids: Collection[int] = ()
) -> Group:
    """Add a group.

    Raises:
        ConflictError: The name is taken.
        InvalidInputError: A member does not exist.
    """
    if member_ids:
        lock_memberships(session)
    _refuse_taken_name(session, name, None)
    group = Group(name=name, description=description)
    _set_members(group, _users(session, member_ids))
    session.add(group)
    session.flush()
    record(session, doer, "group.create", "group", group.id, group.name, changes_between({}, _shown(group)))
    return group


def change_group(
    session: Session, doer: Doer, group_id: int, changes: Mapping[str, Any], expected_version: int | None
) -> Group:
    """Change name, description or members.

    Args:
        session: The writing session.
        doer: Who does it.
        group_id: Which group.
        changes: New values of name, description, member_ids; absent ones stay.
        expected_version: The version that was read, or None to overwrite whatever is there.

    Raises:
        NotFoundError: There is no such group.
        StaleVersionError: Somebody changed the group meanwhile.
        ConflictError: The name is taken.
        InvalidInputError: A member does not exist.
    """
    if "member_ids" in changes:
        lock_memberships(session)
    group = get_group(session, group_id, lock=True)
    if expected_version is not None and group.version != expected_version:
        raise stale_version(session, "group", group.id)
    before = _shown(group)
    if "name" in changes:
        _refuse_taken_name(session, changes["name"], group.id)
        group.name = changes["name"]
    group.description = changes.get("description", group.description)
    if "member_ids" in changes:
        _set_members(group, _users(session, changes["member_ids"]))
    found = changes_between(before, _shown(group))
    if found:
        group.version += 1
        session.flush()
        record(session, doer, "group.change", "group", group.id, group.name, found)
    return group


def delete_group(session: Session, doer: Doer, group_id: int, expected_version: int | None = None) -> None:
    """Delete a group; its members stay.

    Raises:
        NotFoundError: There is no such group.
        StaleVersionError: Somebody changed the group meanwhile.
        ConflictError: Something is visible to the group; says what.
    """
    lock_memberships(session)
    group = get_group(session, group_id, lock=True)
    if expected_version is not None and group.version != expected_version:
        raise stale_version(session, "group", group.id)
    uses = uses_of_group(session, group.id)
    if uses:
        raise ConflictError(_("the group is used by %(uses)s", uses=", ".join(uses)), _("take it out there first"))
    record(session, doer, "group.delete", "group", group.id, group.name, changes_between(_shown(group), {}))
    _set_members(group, [])
    session.delete(group)
    session.flush()


def _shown(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "description": group.description,
        "members": sorted(user.name for user in group.members),
    }


def _refuse_taken_name(session: Session, name: str, own_id: int | None) -> None:
    holder = session.scalar(select(Group.id).where(func.lower(Group.name) == name.lower(), Group.id != (own_id or 0)))
    if holder is not None:
        raise ConflictError(_("the name %(name)s is taken", name=name), _("choose another one"))


def _users(session: Session, user_ids: Collection[int]) -> list[User]:
    found = session.scalars(select(User).where(User.id.in_(set(user_ids))).order_by(User.id)).all()
    missing = set(user_ids) - {user.id for user in found}
    if missing:
        raise InvalidInputError({"member_ids": [_("no user %(number)s", number=number) for number in sorted(missing)]})
    return list(found)


def _set_members(group: Group, members: list[User]) -> None:
    # a user's version covers the groups, so a change from the group's side counts there as well
    for user in set(group.members).symmetric_difference(members):
        user.version += 1
    group.members = members
