"""Import of a CSV file: upload, columns and preview, progress, result."""

import csv
import io
from functools import partial
from itertools import islice
from pathlib import Path
from typing import cast

from flask import Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.datastructures import FileStorage

from host.accounts.current import current_doer
from host.crm.entity_type import EntityType
from host.crm.importing import operations
from host.crm.importing.reading import CsvTable, escaped
from host.crm.importing.row_columns import fillable, label_of
from host.crm.importing.settings import (
    EXTERNAL_ID,
    DateOrder,
    ImportForm,
    ImportSettings,
    checked_settings,
    proposed_settings,
)
from host.crm.lists import items_for
from host.crm.models import RecordImport
from host.crm.registry import entity_type_of, fields_of
from host.crm.titles import titles_of
from host.database import current_database
from host.errors import InvalidInputError
from host.schemas import load_form
from host.settings import Settings

SECONDS_PER_STEP = 2.0
SAMPLE_ROWS = 3


@login_required
def import_file(entity_type: str) -> ResponseReturnValue:
    """Take a file."""
    entity = entity_type_of(entity_type)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            upload = _upload()
            kept = operations.keep_file(_folder(), upload.stream)
            with current_database().writing() as session:
                begun = operations.begin(session, current_doer(), _folder(), entity_type, str(upload.filename), kept)
            return redirect(url_for("crm.import_columns", entity_type=entity_type, token=begun.token))
        except InvalidInputError as error:
            errors = error.errors
    page = render_template("crm/import_file.html", entity=entity, errors=errors, megabytes=_settings().upload_megabytes)
    return page, 422 if errors else 200


@login_required
def import_columns(entity_type: str, token: str) -> ResponseReturnValue:
    """Assign the columns of a file to fields, and show what the import would do."""
    entity = entity_type_of(entity_type)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            with current_database().writing() as session:
                begun = operations.import_of(session, current_doer(), entity_type, token, lock=True)
                table = operations.table_of_import(begun, _folder())
                values = load_form(ImportForm, request.form)
                chosen = checked_settings(values, entity, fields_of(session, entity_type), table.header)
                operations.assign(begun, chosen)
            return redirect(f"{url_for('crm.import_columns', entity_type=entity_type, token=token)}#preview")
        except InvalidInputError as error:
            errors = error.errors
    with current_database().reading() as session:
        begun = operations.import_of(session, current_doer(), entity_type, token)
    if begun.started_at is not None:
        return redirect(url_for("crm.import_progress", entity_type=entity_type, token=token))
    page = _columns_page(entity, begun, operations.table_of_import(begun, _folder()), errors)
    return page, 422 if errors else 200


@login_required
def import_start(entity_type: str, token: str) -> ResponseReturnValue:
    """Start an import as it was previewed."""
    with current_database().writing() as session:
        operations.start(session, operations.import_of(session, current_doer(), entity_type, token, lock=True))
    return redirect(url_for("crm.import_progress", entity_type=entity_type, token=token))


@login_required
def import_progress(entity_type: str, token: str) -> ResponseReturnValue:
    """Show how far an import is, or its result; a POST writes rows for some seconds."""
    if request.method == "POST":
        operations.proceed(current_database(), current_doer(), _folder(), entity_type, token, seconds=SECONDS_PER_STEP)
        if "fragment" not in request.args:
            return redirect(url_for("crm.import_progress", entity_type=entity_type, token=token))
    with current_database().reading() as session:
        begun = operations.import_of(session, current_doer(), entity_type, token)
    template = "crm/import_state.html" if "fragment" in request.args else "crm/import_progress.html"
    return render_template(template, entity=entity_type_of(entity_type), begun=begun)


@login_required
def import_problems(entity_type: str, token: str) -> Response:
    """Give the refused rows as a CSV file, with the reasons; its cells are no formulas to a spreadsheet."""
    with current_database().reading() as session:
        begun = operations.import_of(session, current_doer(), entity_type, token)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_("Row"), _("Reason")])
    writer.writerows([number + 2, escaped("; ".join(reasons))] for number, reasons in begun.problems)
    headers = {"Content-Disposition": 'attachment; filename="refused-rows.csv"'}
    return Response("\ufeff" + text.getvalue(), mimetype="text/csv", headers=headers)


def _columns_page(entity: EntityType, begun: RecordImport, table: CsvTable, errors: dict[str, list[str]]) -> str:
    with current_database().reading() as session:
        known = fields_of(session, entity.key)
        if errors:
            chosen = _typed(table)
        elif begun.settings:
            chosen = ImportSettings.from_json(begun.settings)
        else:
            chosen = proposed_settings(entity, known, table.header, table.delimiter)
        shown = None
        if begun.settings and not errors:
            shown = operations.preview(session, entity.key, table, chosen)
        ids = [row.decision.record_id for row in shown.rows if row.decision.record_id] if shown else []
        custom = [field.key for field in known.values() if field.custom and field.searchable]
        return render_template(
            "crm/import_columns.html",
            entity=entity,
            begun=begun,
            table=table,
            samples=[cells for _number, cells in islice(table.rows(), SAMPLE_ROWS)],
            known=known,
            fillable=fillable(known),
            label_of=partial(label_of, known),
            match_keys=[*entity.match_fields, *custom],
            external_id=EXTERNAL_ID,
            orders=DateOrder,
            chosen=chosen,
            preview=shown,
            titles=titles_of(session, entity.key, ids),
            items=items_for(session, list(known.values())),
            errors=errors,
        )


def _typed(table: CsvTable) -> ImportSettings:
    """What stands in a form that was refused."""
    columns = [*request.form.getlist("column"), *[""] * len(table.header)][: len(table.header)]
    dates = request.form.get("dates", "")
    return ImportSettings(
        columns=tuple(columns),
        match=request.form.get("match", ""),
        source=request.form.get("source", ""),
        clears="clears" in request.form,
        decimal_comma="decimal_comma" in request.form,
        dates=DateOrder(dates) if dates in set(DateOrder) else DateOrder.YEAR_FIRST,
    )


def _upload() -> FileStorage:
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise InvalidInputError({"file": [_("choose a file")]})
    return upload


def _settings() -> Settings:
    return cast(Settings, current_app.extensions["tieline_settings"])


def _folder() -> Path:
    return _settings().data_folder / operations.FOLDER
