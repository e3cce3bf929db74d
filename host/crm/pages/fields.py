"""Settings → Fields: the fields of each entity, and the user-defined ones among them."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from host.accounts.current import administrator_required, current_doer
from host.crm import custom_fields
from host.crm.custom_fields import TYPES, FieldChange
from host.crm.fields import CrmType
from host.crm.models import CrmList
from host.crm.registry import entity_type_of, entity_types, fields_of
from host.crm.settings_input import FieldForm, NewFieldForm, VersionForm
from host.crm.type_words import TYPE_WORDS
from host.database import current_database
from host.errors import InvalidInputError
from host.schemas import load_form


@administrator_required
def show_fields() -> ResponseReturnValue:
    """List the fields of an entity, and add one."""
    errors: dict[str, list[str]] = {}
    entity = entity_type_of(request.args.get("entity", next(iter(entity_types()))))
    if request.method == "POST":
        try:
            values = load_form(NewFieldForm, request.form)
            settings = FieldChange(values["label"], values["description"], values["searchable"], values["max_length"])
            with current_database().writing() as session:
                added = custom_fields.add_field(
                    session,
                    current_doer(),
                    values["entity_type"],
                    CrmType(values["type"]),
                    settings,
                    values["list_key"],
                )
            flash(_("Field %(label)s added", label=added.label), "ok")
            return redirect(url_for("crm.fields", entity=added.entity_type))
        except InvalidInputError as error:
            errors = error.errors
    with current_database().reading() as session:
        page = render_template(
            "crm/fields.html",
            entity=entity,
            entities=entity_types().values(),
            fields=fields_of(session, entity.key),
            own={field.key: field for field in custom_fields.present_fields(session, entity.key)},
            types=[(crm_type.value, TYPE_WORDS[crm_type]) for crm_type in TYPES],
            words=TYPE_WORDS,
            lists=session.execute(select(CrmList.key, CrmList.name).order_by(CrmList.name)).all(),
            typed=request.form,
            errors=errors,
        )
    return page, 422 if errors else 200


@administrator_required
def change_field(field_id: int) -> ResponseReturnValue:
    """Change a user-defined field."""
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            values = load_form(FieldForm, request.form)
            version = load_form(VersionForm, request.form)["version"]
            with current_database().writing() as session:
                changed = custom_fields.change_field(
                    session, current_doer(), field_id, FieldChange(**values), expected_version=version
                )
            flash(_("Field %(label)s saved", label=changed.label), "ok")
            return redirect(url_for("crm.fields", entity=changed.entity_type))
        except InvalidInputError as error:
            errors = error.errors
    with current_database().reading() as session:
        field = custom_fields.present_field(session, field_id)
        page = render_template(
            "crm/field.html",
            field=field,
            entity=entity_type_of(field.entity_type),
            typed=request.form if errors else None,
            errors=errors,
            words=TYPE_WORDS,
            filled=custom_fields.records_filled(session, field),
        )
    return page, 422 if errors else 200


@administrator_required
def delete_field(field_id: int) -> ResponseReturnValue:
    """Delete a user-defined field with its values; its name has to be typed."""
    with current_database().writing() as session:
        field = custom_fields.present_field(session, field_id)
        entity_type, label = field.entity_type, field.label
        if request.form.get("confirm", "").strip() == label:
            version = load_form(VersionForm, request.form)["version"]
            custom_fields.delete_field(session, current_doer(), field_id, expected_version=version)
            flash(_("Field %(label)s deleted", label=label), "ok")
            return redirect(url_for("crm.fields", entity=entity_type))
    flash(_("The name was typed differently: nothing was deleted"), "warn")
    return redirect(url_for("crm.field", field_id=field_id))
