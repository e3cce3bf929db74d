"""Groups, for administrators."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from host.accounts import operations
from host.accounts.current import administrator_required, current_doer
from host.accounts.models import Group
from host.accounts.pages import blueprint
from host.accounts.schemas import GroupChange, GroupInput
from host.api.versions import version_of_form
from host.database import current_database
from host.errors import ConflictError, InvalidInputError, StaleVersionError
from host.schemas import load_form


@blueprint.get("/settings/groups")
@administrator_required
def groups() -> ResponseReturnValue:
    """List all groups."""
    with current_database().reading() as session:
        return render_template("accounts/groups.html", groups=operations.list_groups(session))


@blueprint.get("/settings/groups/new")
@administrator_required
def new_group() -> ResponseReturnValue:
    """Ask for a new group."""
    return _form(None, {"member_ids": []})


@blueprint.post("/settings/groups/new")
@administrator_required
def create_group() -> ResponseReturnValue:
    """Add a group."""
    try:
        values = load_form(GroupInput, request.form)
        with current_database().writing() as session:
            group = operations.create_group(session, current_doer(), **values)
    except InvalidInputError as error:
        return _form(None, _sent(), error.errors), 422
    except ConflictError as error:
        return _form(None, _sent(), {"name": [str(error)]}), 409
    flash(_("%(name)s is saved.", name=group.name), "ok")
    return redirect(url_for("accounts.groups"))


@blueprint.get("/settings/groups/<int:group_id>")
@administrator_required
def group(group_id: int) -> ResponseReturnValue:
    """Show a group."""
    with current_database().reading() as session:
        found = operations.get_group(session, group_id)
    return _form(found, _values(found))


@blueprint.post("/settings/groups/<int:group_id>")
@administrator_required
def change_group(group_id: int) -> ResponseReturnValue:
    """Change a group."""
    try:
        changes = load_form(GroupChange, request.form)
        with current_database().writing() as session:
            changed = operations.change_group(session, current_doer(), group_id, changes, version_of_form(request.form))
    except InvalidInputError as error:
        return _again(group_id, error.errors), 422
    except (ConflictError, StaleVersionError) as error:
        return _again(group_id, {"": [str(error)]}), 409
    flash(_("%(name)s is saved.", name=changed.name), "ok")
    return redirect(url_for("accounts.groups"))


@blueprint.post("/settings/groups/<int:group_id>/delete")
@administrator_required
def delete_group(group_id: int) -> ResponseReturnValue:
    """Delete a group, once its name was typed."""
    with current_database().reading() as session:
        found = operations.get_group(session, group_id)
    if request.form.get("confirm", "").strip() != found.name:
        return _again(group_id, {"confirm": [_("is not the name of the group")]}), 422
    try:
        with current_database().writing() as session:
            operations.delete_group(session, current_doer(), group_id, version_of_form(request.form))
    except (ConflictError, StaleVersionError) as error:
        return _again(group_id, {"confirm": [str(error)]}), 409
    flash(_("%(name)s is deleted.", name=found.name), "ok")
    return redirect(url_for("accounts.groups"))


def _again(group_id: int, errors: dict[str, list[str]]) -> str:
    with current_database().reading() as session:
        found = operations.get_group(session, group_id)
    if "confirm" in errors:
        return _form(found, _values(found), errors)
    return _form(found, _sent(), errors)


def _form(found: Group | None, values: Mapping[str, Any], errors: dict[str, list[str]] | None = None) -> str:
    with current_database().reading() as session:
        users = operations.list_users(session)
    return render_template("accounts/group.html", group=found, values=values, users=users, errors=errors or {})


def _sent() -> Mapping[str, Any]:
    chosen = [int(number) for number in request.form.getlist("member_ids") if number.isdecimal()]
    return {**request.form.to_dict(), "member_ids": chosen}


def _values(found: Group) -> Mapping[str, Any]:
    fields = {"name": found.name, "description": found.description, "version": found.version}
    return {**fields, "member_ids": [user.id for user in found.members]}
