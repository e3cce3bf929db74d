"""Forms of records: texts of the present values, values of what was typed, and what to do when somebody was first."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from flask_babel import to_user_timezone
from marshmallow import ValidationError

from host.crm.fields import CrmField, CrmType
from host.crm.record import Record
from host.crm.references import reference_text
from host.crm.row_texts import Difference, cells_in, merged_rows, read_rows, texts_of_cells, with_new_row
from host.crm.schemas import values_by_key, values_schema
from host.crm.titles import Titles
from host.crm.values import CrmScalar, CrmValue
from host.errors import InvalidInputError
from host.schemas import flattened

Texts = dict[str, str]
"""What stands in the inputs of a form, by field key; cells of rows by the name of their input."""


def text_of(value: CrmScalar) -> str:
    """Return what stands in an input for a value; forms read it back as the same value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        local: datetime = to_user_timezone(value)
        return local.replace(tzinfo=None).isoformat(timespec="seconds")
    return value.isoformat() if not isinstance(value, str | int) else str(value)


def texts_of(record: Record, fields: Mapping[str, CrmField], titles: Titles) -> Texts:
    """Return the texts of a form for a record; `titles` are those of the records that it refers to."""
    texts: Texts = {}
    for key, field in fields.items():
        value = record.values[key]
        if isinstance(value, dict):
            cells = {name: {column: text_of(cell) for column, cell in row.items()} for name, row in value.items()}
            texts.update(texts_of_cells(field, cells))
            continue
        texts[key] = text_of(value)
        if field.type is CrmType.REFERENCE and isinstance(value, int):
            texts[key] = reference_text(titles.get((field.references, value), ""), value)
    return texts


def typed_texts(form: Mapping[str, str], fields: Mapping[str, CrmField]) -> Texts:
    """Return what was typed, with line ends as the hub has them."""
    texts = {key: form[key].replace("\r\n", "\n") for key in fields if key in form}
    for field in _rows_fields(fields):
        texts.update(texts_of_cells(field, cells_in(form, field)))
    return texts


def changed_texts(typed: Texts, base: Texts) -> Texts:
    """Return what was typed over; fields and cells that were left alone are not saved again."""
    return {key: text for key, text in typed.items() if text != base.get(key, "")}


def read_values(texts: Texts, fields: Mapping[str, CrmField]) -> tuple[dict[str, CrmValue], dict[str, list[str]]]:
    """Return the values of typed texts, and what is wrong with the others, by field key."""
    declared = [fields[key] for key in texts]
    schema = values_schema("RecordForm", declared)(reads_text=True)
    try:
        return values_by_key(schema.load(texts), declared), {}
    except ValidationError as error:
        return values_by_key(dict(error.valid_data or {}), declared), flattened(error.messages)


def read_all_rows(
    typed: Texts, base: Texts, fields: Mapping[str, CrmField]
) -> tuple[dict[str, CrmValue], dict[str, list[str]]]:
    """Return the rows that were changed in a form by field key, and what is wrong with their cells."""
    values: dict[str, CrmValue] = {}
    faults: dict[str, list[str]] = {}
    for field in _rows_fields(fields):
        rows, found = read_rows(field, cells_in(typed, field), cells_in(base, field))
        if rows is not None:
            values[field.key] = rows
        faults.update(found)
    return values, faults


def with_row_asked_for(typed: Texts, form: Mapping[str, str], fields: Mapping[str, CrmField]) -> Texts | None:
    """Return the texts with one row more or less, where a button for that was pressed in place of saving; else None."""
    if (field := fields.get(form.get("add_row", ""))) is not None:
        return {**typed, **texts_of_cells(field, with_new_row(field, cells_in(typed, field)))}
    name, _dot, row_key = form.get("remove_row", "").partition(".")
    if (field := fields.get(name)) is not None:
        gone = texts_of_cells(field, {row_key: cells_in(typed, field).get(row_key, {})})
        return {key: text for key, text in typed.items() if key not in gone}
    return None


def with_room(texts: Texts, fields: Mapping[str, CrmField]) -> Texts:
    """Return texts with an empty row to write into for each field that holds rows."""
    roomy = dict(texts)
    for field in _rows_fields(fields):
        roomy.update(texts_of_cells(field, with_new_row(field, cells_in(texts, field))))
    return roomy


def base_of(texts: Texts) -> str:
    """Return the text of the hidden input that remembers what the form began with."""
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":"))


def read_base(text: str) -> Texts:
    """Return what the form began with; empty where the hidden input was lost or made up."""
    try:
        base = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return {str(key): str(value) for key, value in base.items()} if isinstance(base, dict) else {}


def merged(typed: Texts, base: Texts, present: Texts, fields: Mapping[str, CrmField]) -> tuple[Texts, list[Difference]]:
    """Bring what was typed together with what somebody else saved meanwhile.

    Args:
        typed: What stands in the form.
        base: What the form began with.
        present: What is stored now.
        fields: The fields of the entity.

    Returns:
        The texts to go on with: what was typed over stays, all else is as stored now; and the fields that both sides
        changed differently, for the person to decide.
    """
    mine = {key: text for key, text in changed_texts(typed, base).items() if key in fields}
    differences = [
        Difference(fields[key], present[key], text)
        for key, text in mine.items()
        if present.get(key, "") not in (base.get(key, ""), text)
    ]
    texts = {key: text for key, text in {**present, **mine}.items() if key in fields}
    for field in _rows_fields(fields):
        rows, further = merged_rows(field, cells_in(typed, field), cells_in(base, field), cells_in(present, field))
        texts.update(texts_of_cells(field, rows))
        differences += further
    return texts, differences


def expected_version_of(form: Mapping[str, str]) -> int:
    """Return the version of the record that a form was made for.

    Raises:
        InvalidInputError: the form does not say it.
    """
    text = form.get("version", "")
    if not text.isdecimal() or len(text) > 9:
        raise InvalidInputError({"version": ["is missing, load the form again"]})
    return int(text)


def _rows_fields(fields: Mapping[str, CrmField]) -> list[CrmField]:
    return [field for field in fields.values() if field.type is CrmType.ROWS]
