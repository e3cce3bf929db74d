"""Forms of records: texts of the present values, values of what was typed, and what to do when somebody was first."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from flask_babel import to_user_timezone
from marshmallow import ValidationError

from host.crm.fields import CrmField, CrmType
from host.crm.record import Record
from host.crm.references import reference_text
from host.crm.schemas import values_by_key, values_schema
from host.crm.titles import Titles
from host.crm.values import CrmScalar, CrmValue
from host.errors import InvalidInputError
from host.schemas import flattened

Texts = dict[str, str]
"""What stands in the inputs of a form, by field key."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that two people changed at the same time."""

    field: CrmField
    theirs: str
    yours: str


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
    texts = {key: text_of(record.values[key]) for key in fields}
    for key, field in fields.items():
        record_id = record.values[key]
        if field.type is CrmType.REFERENCE and isinstance(record_id, int):
            texts[key] = reference_text(titles.get((field.references, record_id), ""), record_id)
    return texts


def typed_texts(form: Mapping[str, str], fields: Mapping[str, CrmField]) -> Texts:
    """Return what was typed, with line ends as the hub has them."""
    return {key: form[key].replace("\r\n", "\n") for key in fields if key in form}


def changed_texts(typed: Texts, base: Texts) -> Texts:
    """Return what was typed over; fields that were left alone are not saved again."""
    return {key: text for key, text in typed.items() if text != base.get(key, "")}


def read_values(texts: Texts, fields: Mapping[str, CrmField]) -> tuple[dict[str, CrmValue], dict[str, list[str]]]:
    """Return the values of typed texts, and what is wrong with the others, by field key."""
    declared = [fields[key] for key in texts]
    schema = values_schema("RecordForm", declared)(reads_text=True)
    try:
        return values_by_key(schema.load(texts), declared), {}
    except ValidationError as error:
        return values_by_key(dict(error.valid_data or {}), declared), flattened(error.messages)


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
    mine = changed_texts(typed, base)
    differences = [
        Difference(fields[key], present[key], text)
        for key, text in mine.items()
        if present.get(key, "") not in (base.get(key, ""), text)
    ]
    return {**present, **mine}, differences


def expected_version_of(form: Mapping[str, str]) -> int:
    """Return the version of the record that a form was made for.

    Raises:
        InvalidInputError: the form does not say it.
    """
    text = form.get("version", "")
    if not text.isdecimal() or len(text) > 9:
        raise InvalidInputError({"version": ["is missing, load the form again"]})
    return int(text)
