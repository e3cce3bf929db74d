"""Settings → Lists: what fields choose from."""

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from host.accounts.current import administrator_required, current_doer
from host.crm import list_operations as operations
from host.crm.models import CrmList, CrmListItem
from host.crm.registry import entity_types
from host.crm.settings_input import ItemForm, ListForm, NewItemForm, VersionForm
from host.database import current_database
from host.errors import InvalidInputError
from host.schemas import load_form


@administrator_required
def show_lists() -> ResponseReturnValue:
    """Show all lists, and add one."""
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            name = load_form(ListForm, request.form)["name"]
            with current_database().writing() as session:
                added = operations.add_list(session, current_doer(), name)
            return redirect(url_for("crm.list_items", list_key=added.key))
        except InvalidInputError as error:
            errors = error.errors
    counted = (
        select(CrmList.key, CrmList.name, func.count(CrmListItem.id).label("items"))
        .outerjoin(CrmListItem, CrmListItem.list_key == CrmList.key)
        .group_by(CrmList.key, CrmList.name)
        .order_by(CrmList.name)
    )
    with current_database().reading() as session:
        page = render_template(
            "crm/lists.html", lists=session.execute(counted).all(), typed=request.form, errors=errors
        )
    return page, 422 if errors else 200


@administrator_required
def list_items(list_key: str) -> ResponseReturnValue:
    """Show the items of a list, and add one."""
    return _page_or_change(list_key, _add_item)


@administrator_required
def change_item(list_key: str, item_key: str) -> ResponseReturnValue:
    """Rename an item, or take it out of use."""

    def change(session: Session) -> str:
        values = load_form(ItemForm, request.form)
        operations.change_item(
            session,
            current_doer(),
            list_key,
            item_key,
            name=values["name"],
            active=values["active"],
            expected_version=values["version"],
        )
        return str(_("%(name)s saved", name=values["name"]))

    return _page_or_change(list_key, change)


@administrator_required
def delete_item(list_key: str, item_key: str) -> ResponseReturnValue:
    """Delete an item that no record holds."""

    def delete(session: Session) -> str:
        version = load_form(VersionForm, request.form)["version"]
        operations.delete_item(session, current_doer(), list_key, item_key, version)
        return str(_("Item deleted"))

    return _page_or_change(list_key, delete)


@administrator_required
def rename_list(list_key: str) -> ResponseReturnValue:
    """Give a list another name."""

    def rename(session: Session) -> str:
        name = load_form(ListForm, request.form)["name"]
        version = load_form(VersionForm, request.form)["version"]
        operations.rename_list(session, current_doer(), list_key, name, version)
        return str(_("%(name)s saved", name=name))

    return _page_or_change(list_key, rename)


@administrator_required
def delete_list(list_key: str) -> ResponseReturnValue:
    """Delete a list that no field chooses from."""
    version = load_form(VersionForm, request.form)["version"]
    with current_database().writing() as session:
        name = operations.list_of(session, list_key).name
        operations.delete_list(session, current_doer(), list_key, version)
    flash(_("List %(name)s deleted", name=name), "ok")
    return redirect(url_for("crm.lists"))


def _add_item(session: Session) -> str:
    values = load_form(NewItemForm, request.form)
    list_key = str((request.view_args or {})["list_key"])
    operations.add_item(session, current_doer(), list_key, values["name"], values["version"], values["key"])
    return str(_("%(name)s added", name=values["name"]))


def _page_or_change(list_key: str, change: Callable[[Session], str]) -> ResponseReturnValue:
    """Do what a form asks and show the list again, with the faults where there are any."""
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            with current_database().writing() as session:
                done = change(session)
            flash(done, "ok")
            return redirect(url_for("crm.list_items", list_key=list_key))
        except InvalidInputError as error:
            errors = error.errors
    with current_database().reading() as session:
        page = render_template(
            "crm/list_items.html",
            shown=operations.list_of(session, list_key),
            items=operations.all_items(session, list_key),
            used_by=[
                f"{entity_types()[entity].label}: {field.label}"
                for entity, field in operations.fields_using(session, list_key)
            ],
            typed=request.form,
            errors=errors,
        )
    return page, 422 if errors else 200
