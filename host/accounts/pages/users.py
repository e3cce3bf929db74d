"""Users, for administrators."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from host.accounts import operations
from host.accounts.current import administrator_required, current_doer
from host.accounts.models import User
from host.accounts.pages import blueprint
from host.accounts.schemas import PasswordInput, UserChange, UserInput
from host.accounts.sessions import recent_sign_in_required
from host.api.versions import version_of_form
from host.database import current_database
from host.errors import ConflictError, InvalidInputError, StaleVersionError
from host.languages import language_choices, time_zone_choices
from host.schemas import load_form

_NEW: Mapping[str, Any] = {"role": "user", "group_ids": []}


@blueprint.get("/settings/users")
@administrator_required
def users() -> ResponseReturnValue:
    """List all users."""
    with current_database().reading() as session:
        return render_template("accounts/users.html", users=operations.list_users(session))


@blueprint.get("/settings/users/new")
@administrator_required
@recent_sign_in_required("accounts.new_user")
def new_user() -> ResponseReturnValue:
    """Ask for a new user."""
    return _form(None, _NEW)


@blueprint.post("/settings/users/new")
@administrator_required
@recent_sign_in_required("accounts.new_user")
def create_user() -> ResponseReturnValue:
    """Add a user."""
    try:
        values = load_form(UserInput, request.form)
        with current_database().writing() as session:
            user = operations.create_user(session, current_doer(), **values)
    except InvalidInputError as error:
        return _form(None, _sent(), error.errors), 422
    except ConflictError as error:
        return _form(None, _sent(), {"login": [str(error)]}), 409
    flash(_("%(name)s may sign in now.", name=user.name), "ok")
    return redirect(url_for("accounts.users"))


@blueprint.get("/settings/users/<int:user_id>")
@administrator_required
@recent_sign_in_required("accounts.user")
def user(user_id: int) -> ResponseReturnValue:
    """Show a user."""
    with current_database().reading() as session:
        found = operations.get_user(session, user_id)
    return _form(found, _values(found))


@blueprint.post("/settings/users/<int:user_id>")
@administrator_required
@recent_sign_in_required("accounts.user")
def change_user(user_id: int) -> ResponseReturnValue:
    """Change a user."""
    try:
        changes = load_form(UserChange, request.form)
        with current_database().writing() as session:
            changed = operations.change_user(session, current_doer(), user_id, changes, version_of_form(request.form))
    except InvalidInputError as error:
        return _again(user_id, error.errors), 422
    except (ConflictError, StaleVersionError) as error:
        return _again(user_id, {"": [str(error)]}), 409
    flash(_("%(name)s is saved.", name=changed.name), "ok")
    return redirect(url_for("accounts.users"))


@blueprint.post("/settings/users/<int:user_id>/password")
@administrator_required
@recent_sign_in_required("accounts.user")
def set_password(user_id: int) -> ResponseReturnValue:
    """Give a user a new password."""
    try:
        values = load_form(PasswordInput, request.form)
        with current_database().writing() as session:
            changed = operations.set_password(session, current_doer(), user_id, values["password"])
    except InvalidInputError as error:
        with current_database().reading() as session:
            found = operations.get_user(session, user_id)
        return _form(found, _values(found), error.errors), 422
    flash(_("%(name)s has a new password; sessions and API tokens have ended.", name=changed.name), "ok")
    return redirect(url_for("accounts.user", user_id=user_id))


@blueprint.post("/settings/users/<int:user_id>/deactivate")
@administrator_required
def deactivate_user(user_id: int) -> ResponseReturnValue:
    """End a user's access at once."""
    with current_database().writing() as session:
        changed = operations.deactivate_user(session, current_doer(), user_id)
    flash(_("%(name)s is deactivated; sessions and API tokens have ended.", name=changed.name), "ok")
    return redirect(url_for("accounts.users"))


@blueprint.post("/settings/users/<int:user_id>/activate")
@administrator_required
@recent_sign_in_required("accounts.user")
def activate_user(user_id: int) -> ResponseReturnValue:
    """Let a user sign in again."""
    with current_database().writing() as session:
        changed = operations.activate_user(session, current_doer(), user_id)
    flash(_("%(name)s may sign in again.", name=changed.name), "ok")
    return redirect(url_for("accounts.users"))


def _again(user_id: int, errors: dict[str, list[str]]) -> str:
    with current_database().reading() as session:
        found = operations.get_user(session, user_id)
    return _form(found, _sent(), errors)


def _form(found: User | None, values: Mapping[str, Any], errors: dict[str, list[str]] | None = None) -> str:
    with current_database().reading() as session:
        groups = operations.list_groups(session)
    return render_template(
        "accounts/user.html",
        user=found,
        values=values,
        errors=errors or {},
        groups=groups,
        languages=language_choices(),
        time_zones=time_zone_choices(),
    )


def _sent() -> Mapping[str, Any]:
    chosen = [int(number) for number in request.form.getlist("group_ids") if number.isdecimal()]
    return {**request.form.to_dict(), "group_ids": chosen}


def _values(found: User) -> Mapping[str, Any]:
    fields = ("login", "name", "email", "role", "language", "time_zone", "version")
    return {name: getattr(found, name) for name in fields} | {"group_ids": [group.id for group in found.groups]}
