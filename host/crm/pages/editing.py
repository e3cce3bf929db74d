"""Adding, editing and deleting a record: nothing saved meanwhile is overwritten, and nothing typed is lost."""

from collections.abc import Mapping
from datetime import UTC, datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required
from sqlalchemy.orm import Session

from host.accounts.current import current_doer, current_principal
from host.crm import records
from host.crm.entity_type import EntityType
from host.crm.extensions import current_extensions
from host.crm.external_ids import external_ids_of
from host.crm.fields import CrmField, CrmType
from host.crm.forms import (
    Texts,
    base_of,
    changed_texts,
    expected_version_of,
    merged,
    read_all_rows,
    read_base,
    read_values,
    texts_of,
    typed_texts,
    with_room,
    with_row_asked_for,
)
from host.crm.lists import items_for
from host.crm.origins import origin_of, origin_words
from host.crm.record import Record
from host.crm.references import reference_text, resolved
from host.crm.registry import entity_type_of, fields_of
from host.crm.row_texts import Cells, Difference, cells_in
from host.crm.titles import referenced_titles, titles_of
from host.crm.values import CrmValue
from host.database import current_database
from host.errors import InvalidInputError, StaleVersionError


@login_required
def create(entity_type: str) -> ResponseReturnValue:
    """Add a record."""
    entity = entity_type_of(entity_type)
    with current_database().reading() as session:
        fields = _editable(session, entity_type)
        if request.method == "GET":
            return _form(session, entity, fields, with_room(_begun(session, fields), fields), {})
    typed = typed_texts(request.form, fields)
    if (asked := with_row_asked_for(typed, request.form, fields)) is not None:
        with current_database().reading() as session:
            return _form(session, entity, fields, asked, {})
    try:
        values, faults = _read(typed, {}, fields)
        with current_database().writing() as session:
            made = records.create(
                session, entity_type, values, origin=origin_of(current_doer()), at=datetime.now(UTC), faults=faults
            )
    except InvalidInputError as error:
        with current_database().reading() as session:
            return _form(session, entity, fields, typed, {}, errors=error.errors), 422
    flash(_("%(name)s added", name=made.title), "ok")
    return redirect(url_for("crm.card", entity_type=entity_type, record_id=made.id))


@login_required
def edit(entity_type: str, record_id: int) -> ResponseReturnValue:
    """Change a record."""
    entity = entity_type_of(entity_type)
    with current_database().reading() as session:
        fields = _editable(session, entity_type)
        record = records.get(session, entity_type, record_id)
        present = texts_of(record, fields, referenced_titles(session, fields.values(), [record]))
        if request.method == "GET":
            return _form(session, entity, fields, with_room(present, fields), present, record)
    base, typed = read_base(request.form.get("base", "")), typed_texts(request.form, fields)
    if (asked := with_row_asked_for(typed, request.form, fields)) is not None:
        with current_database().reading() as session:
            return _form(session, entity, fields, asked, base, record)
    try:
        values, faults = _read(typed, base, fields)
        with current_database().writing() as session:
            saved = records.update(
                session,
                entity_type,
                record_id,
                values,
                expected_version=expected_version_of(request.form),
                origin=origin_of(current_doer()),
                at=datetime.now(UTC),
                faults=faults,
            )
    except InvalidInputError as error:
        with current_database().reading() as session:
            return _form(session, entity, fields, typed, base, record, errors=error.errors), 422
    except StaleVersionError:
        return _somebody_was_first(entity, fields, typed, base, record_id), 409
    flash(_("%(name)s saved", name=saved.title), "ok")
    return redirect(url_for("crm.card", entity_type=entity_type, record_id=record_id))


@login_required
def delete(entity_type: str, record_id: int) -> ResponseReturnValue:
    """Ask whether a record shall go, saying what goes with it, and delete it."""
    entity = entity_type_of(entity_type)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            with current_database().writing() as session:
                title = records.get(session, entity_type, record_id).title
                records.delete(
                    session,
                    entity_type,
                    record_id,
                    expected_version=expected_version_of(request.form),
                    origin=origin_of(current_doer()),
                    at=datetime.now(UTC),
                    watchers=current_extensions().deletion_hooks,
                )
        except StaleVersionError as error:
            errors = {"version": [_("%(what)s: look at it again before you delete it", what=error.text)]}
        else:
            flash(_("%(name)s deleted", name=title), "ok")
            return redirect(url_for(f"crm.{entity.path}"))
    with current_database().reading() as session:
        record = records.get(session, entity_type, record_id)
        page = render_template(
            "crm/delete.html", entity=entity, record=record, errors=errors, losses=_losses(session, record)
        )
    return page, 409 if errors else 200


def _begun(session: Session, fields: Mapping[str, CrmField]) -> Texts:
    """What the address fills in beforehand, such as the company of a new person."""
    begun = {key: request.args[key] for key in fields if key in request.args}
    for key, text in begun.items():
        if fields[key].type is CrmType.REFERENCE and text.isdecimal() and len(text) < 10:
            named = titles_of(session, fields[key].references, [int(text)])
            begun[key] = reference_text(named[int(text)], int(text)) if named else ""
    return begun


def _read(
    typed: Texts, base: Texts, fields: Mapping[str, CrmField]
) -> tuple[dict[str, CrmValue], dict[str, list[str]]]:
    texts = {key: text for key, text in changed_texts(typed, base).items() if key in fields}
    with current_database().reading() as session:
        plain, unknown = resolved(session, texts, fields)
    values, faults = read_values(plain, fields)
    rows, faults_of_rows = read_all_rows(typed, base, fields)
    return {**values, **rows}, {**faults, **unknown, **faults_of_rows}


def _editable(session: Session, entity_type: str) -> dict[str, CrmField]:
    return {key: field for key, field in fields_of(session, entity_type).items() if not field.read_only}


def _form(
    session: Session,
    entity: EntityType,
    fields: Mapping[str, CrmField],
    texts: Texts,
    base: Texts,
    record: Record | None = None,
    *,
    errors: Mapping[str, list[str]] | None = None,
    differences: list[Difference] | None = None,
    changed_by: str = "",
) -> str:
    groups: dict[str, list[CrmField]] = {}
    for field in fields.values():
        groups.setdefault(str(field.group) or _("More fields"), []).append(field)
    version = request.form.get("version", "") if request.method == "POST" and differences is None else ""
    cells: dict[str, Cells] = {key: cells_in(texts, field) for key, field in fields.items() if field.row_fields}
    return render_template(
        "crm/edit.html",
        entity=entity,
        record=record,
        version=version or (record.version if record else 0),
        groups=groups,
        texts=texts,
        cells=cells,
        base=base_of(base),
        items=items_for(session, list(fields.values()), active_only=True),
        all_items=items_for(session, list(fields.values())),
        errors=errors or {},
        open_keys={key for key, text in texts.items() if text} | set(errors or {}) | cells.keys(),
        differences=differences,
        changed_by=changed_by,
    )


def _somebody_was_first(
    entity: EntityType, fields: Mapping[str, CrmField], typed: Texts, base: Texts, record_id: int
) -> str:
    with current_database().reading() as session:
        record = records.get(session, entity.key, record_id)
        present = texts_of(record, fields, referenced_titles(session, fields.values(), [record]))
        texts, differences = merged(typed, base, present, fields)
        words = origin_words(session, [record.updated_by], current_principal(), current_extensions().name_links)
        return _form(
            session,
            entity,
            fields,
            texts,
            present,
            record,
            differences=differences,
            changed_by=words[record.updated_by],
        )


def _losses(session: Session, record: Record) -> list[str]:
    """What goes with a record, in words."""
    losses = [
        _(
            "%(count)s records of %(entity)s stay, and lose their reference to it",
            count=len(ids),
            entity=entity_type_of(other).plural,
        )
        for other, _key, ids in records.referring(session, record.entity_type, record.id)
    ]
    known_as = external_ids_of(session, record.entity_type, [record.id]).get(record.id, [])
    losses += [_("%(source)s knows it as %(name)s", source=source, name=name) for source, name in known_as]
    for watcher in current_extensions().watchers:
        losses += watcher.losses(session, current_principal(), record.entity_type, record.id)
    return losses
