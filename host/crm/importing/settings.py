"""How a file is to be imported: which column fills which field, how records are recognised, how cells are written."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from marshmallow import fields, validate

from host.crm.entity_type import EntityType
from host.crm.external_ids import SOURCE_LENGTH
from host.crm.fields import CrmField
from host.crm.importing.row_columns import fillable, holds_rows
from host.errors import InvalidInputError
from host.schemas import Schema, Text

EXTERNAL_ID = "external_id"
"""Stands for a field: the column holds what another system calls the record."""


class DateOrder(StrEnum):
    """How dates are written in a file."""

    YEAR_FIRST = "ymd"
    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


@dataclass(frozen=True, slots=True)
class ImportSettings:
    """The choices for one import.

    Attributes:
        columns: Per column of the file the key of its field, `external_id`, or empty for a column left out.
        match: Key of the field by which records are recognised, `external_id`, or empty: all rows are new.
        source: Name of the system whose external ids the file holds.
        clears: Whether an empty cell empties the field; otherwise the field stays as it is.
        decimal_comma: Whether decimals are written `1.234,50`.
    """

    columns: tuple[str, ...]
    match: str = ""
    source: str = ""
    clears: bool = False
    decimal_comma: bool = False
    dates: DateOrder = DateOrder.YEAR_FIRST

    def to_json(self) -> dict[str, Any]:
        """Return the form that is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "ImportSettings":
        """Return the settings of a stored form."""
        return cls(**{**stored, "columns": tuple(stored["columns"]), "dates": DateOrder(stored["dates"])})


class ImportForm(Schema):
    """The form with which columns are assigned."""

    column = fields.List(Text(), load_default=list)
    match = Text(load_default="")
    source = Text(load_default="", validate=validate.Length(max=SOURCE_LENGTH))
    clears = fields.Boolean(load_default=False)
    decimal_comma = fields.Boolean(load_default=False)
    dates = Text(load_default="ymd", validate=validate.OneOf([order.value for order in DateOrder]))


def checked_settings(
    values: Mapping[str, Any], entity: EntityType, known: Mapping[str, CrmField], header: Sequence[str]
) -> ImportSettings:
    """Return the settings of a submitted form.

    Raises:
        InvalidInputError: with every fault.
    """
    columns = tuple(values["column"])
    fields_of_columns = fillable(known)
    errors: dict[str, list[str]] = {}
    used = [key for key in columns if key]
    if len(columns) != len(header) or any(key not in fields_of_columns and key != EXTERNAL_ID for key in used):
        errors["column"] = [_("do not fit the file, load the page again")]
    elif not used:
        errors["column"] = [_("assign at least one column to a field")]
    if twice := sorted({key for key in used if used.count(key) > 1}):
        labels = ", ".join(
            str(fields_of_columns[key].label) if key in fields_of_columns else _("External id") for key in twice
        )
        errors["column"] = [_("only one column can fill a field: %(fields)s", fields=labels)]
    match = values["match"]
    if match and match not in used:
        errors["match"] = [_("assign a column to the field by which records are recognised")]
    if match and match != EXTERNAL_ID and match not in entity.match_fields and not _is_custom(match, known):
        errors["match"] = [_("records are not recognised by this field")]
    if not match and holds_rows(used, known):
        errors["match"] = [_("choose by what the lines of one record are recognised")]
    if EXTERNAL_ID in used and not values["source"]:
        errors["source"] = [_("name the system that the external ids come from")]
    if errors:
        raise InvalidInputError(errors)
    return ImportSettings(
        columns=columns,
        match=match,
        source=values["source"] if EXTERNAL_ID in used else "",
        clears=values["clears"],
        decimal_comma=values["decimal_comma"],
        dates=DateOrder(values["dates"]),
    )


def _is_custom(key: str, known: Mapping[str, CrmField]) -> bool:
    return key in known and known[key].custom


def proposed_settings(
    entity: EntityType, known: Mapping[str, CrmField], header: Sequence[str], delimiter: str
) -> ImportSettings:
    """Return settings that suit the names of the columns: each is looked for among labels and keys of fields."""
    by_name: dict[str, str] = {"external id": EXTERNAL_ID, "external_id": EXTERNAL_ID}
    for key, field in fillable(known).items():
        for name in (key, field.column, str(field.label)):
            by_name.setdefault(name.casefold(), key)
    for key, field in known.items():
        for column in field.row_fields:
            for name in (column.key, str(column.label)):
                by_name.setdefault(name.casefold(), f"{key}.{column.key}")
    columns: list[str] = []
    for name in header:
        key = by_name.get(name.casefold(), "")
        columns.append(key if key not in columns else "")
    usual = [EXTERNAL_ID, *entity.match_fields]
    match = next((key for key in usual if key in columns), "")
    # files with semicolons come from where the comma stands in decimals
    return ImportSettings(columns=tuple(columns), match=match, decimal_comma=delimiter == ";")
