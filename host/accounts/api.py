"""API resources `users` and `groups`."""

from typing import Any

from flask.views import MethodView
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from host.accounts import operations
from host.accounts.current import current_doer
from host.accounts.models import Group, User
from host.accounts.schemas import GroupChange, GroupInput, GroupSchema, PasswordInput, UserChange, UserInput, UserSchema
from host.api import (
    PageArguments,
    TokenScope,
    api_blueprint,
    expected_version,
    idempotent,
    page_schema,
    requires,
    versioned,
)
from host.database import current_database
from host.paging import Page, keyset_page

users = api_blueprint("users", "/users", "Who may sign in; for administrators.")
groups = api_blueprint("groups", "/groups", "Sets of users, with which visibility is given; for administrators.")


@users.route("")
class UserCollection(MethodView):
    """All users."""

    @requires(TokenScope.ADMIN)
    @users.arguments(PageArguments, location="query")
    @users.response(200, page_schema(UserSchema))
    def get(self, arguments: dict[str, Any]) -> Page[User]:
        """List users in the order of their ids."""
        with current_database().reading() as session:
            return keyset_page(session, select(User).options(selectinload(User.groups)), [User.id], **arguments)

    @requires(TokenScope.ADMIN)
    @idempotent
    @versioned
    @users.arguments(UserInput)
    @users.response(201, UserSchema)
    def post(self, values: dict[str, Any]) -> User:
        """Add a user."""
        with current_database().writing() as session:
            return operations.create_user(session, current_doer(), **values)


@users.route("/<int:user_id>")
class UserItem(MethodView):
    """One user."""

    @requires(TokenScope.ADMIN)
    @versioned
    @users.response(200, UserSchema)
    def get(self, user_id: int) -> User:
        """Read a user."""
        with current_database().reading() as session:
            return operations.get_user(session, user_id)

    @requires(TokenScope.ADMIN)
    @versioned
    @users.arguments(UserChange)
    @users.response(200, UserSchema)
    def patch(self, changes: dict[str, Any], user_id: int) -> User:
        """Change some fields of a user."""
        with current_database().writing() as session:
            return operations.change_user(session, current_doer(), user_id, changes, expected_version())


@users.route("/<int:user_id>/password", methods=["PUT"])
@requires(TokenScope.ADMIN)
@users.arguments(PasswordInput)
@users.response(204)
def set_password(values: dict[str, Any], user_id: int) -> None:
    """Give a user a new password; all sessions and tokens of the user end."""
    with current_database().writing() as session:
        operations.set_password(session, current_doer(), user_id, values["password"])


@users.route("/<int:user_id>/deactivate", methods=["POST"])
@requires(TokenScope.ADMIN)
@users.response(200, UserSchema)
def deactivate(user_id: int) -> User:
    """End a user's access; all sessions and tokens of the user end at once."""
    with current_database().writing() as session:
        return operations.deactivate_user(session, current_doer(), user_id)


@users.route("/<int:user_id>/activate", methods=["POST"])
@requires(TokenScope.ADMIN)
@users.response(200, UserSchema)
def activate(user_id: int) -> User:
    """Let a deactivated user sign in again."""
    with current_database().writing() as session:
        return operations.activate_user(session, current_doer(), user_id)


@groups.route("")
class GroupCollection(MethodView):
    """All groups."""

    @requires(TokenScope.ADMIN)
    @groups.arguments(PageArguments, location="query")
    @groups.response(200, page_schema(GroupSchema))
    def get(self, arguments: dict[str, Any]) -> Page[Group]:
        """List groups in the order of their ids."""
        with current_database().reading() as session:
            return keyset_page(session, select(Group).options(selectinload(Group.members)), [Group.id], **arguments)

    @requires(TokenScope.ADMIN)
    @idempotent
    @versioned
    @groups.arguments(GroupInput)
    @groups.response(201, GroupSchema)
    def post(self, values: dict[str, Any]) -> Group:
        """Add a group."""
        with current_database().writing() as session:
            return operations.create_group(session, current_doer(), **values)


@groups.route("/<int:group_id>")
class GroupItem(MethodView):
    """One group."""

    @requires(TokenScope.ADMIN)
    @versioned
    @groups.response(200, GroupSchema)
    def get(self, group_id: int) -> Group:
        """Read a group."""
        with current_database().reading() as session:
            return operations.get_group(session, group_id)

    @requires(TokenScope.ADMIN)
    @versioned
    @groups.arguments(GroupChange)
    @groups.response(200, GroupSchema)
    def patch(self, changes: dict[str, Any], group_id: int) -> Group:
        """Change some fields of a group."""
        with current_database().writing() as session:
            return operations.change_group(session, current_doer(), group_id, changes, expected_version())

    @requires(TokenScope.ADMIN)
    @versioned
    @groups.response(204)
    def delete(self, group_id: int) -> None:
        """Delete a group; its members stay."""
        with current_database().writing() as session:
            operations.delete_group(session, current_doer(), group_id, expected_version())
