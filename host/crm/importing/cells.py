"""From the cells of a row to the values of fields."""

import re
from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from marshmallow import ValidationError

from host.crm.fields import CrmField, CrmType
from host.crm.importing.row_columns import fillable
from host.crm.importing.settings import EXTERNAL_ID, DateOrder, ImportSettings
from host.crm.lists import Items
from host.crm.schemas import values_by_key, values_schema
from host.crm.values import CrmValue
from host.schemas import flattened

_DATE = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(.*)", re.DOTALL)
_YES = {"x", "ja", "oui", "si", "sí", "sim", "tak", "da"}
_NO = {"nein", "nee", "nej", "nei", "non", "não", "nie", "nu"}


class CellReader:
    """Reads the rows of one import.

    Args:
        settings: The choices for the import.
        known: All fields of the entity.
        items: Items of the lists that these choose from.
    """

    def __init__(self, settings: ImportSettings, known: Mapping[str, CrmField], items: Mapping[str, Items]) -> None:
        self._settings = settings
        fields = fillable(known)
        self._columns = [(number, fields[key]) for number, key in enumerate(settings.columns) if key in fields]
        self._external = settings.columns.index(EXTERNAL_ID) if EXTERNAL_ID in settings.columns else None
        self._keys = {name: _keys_by_name(several) for name, several in items.items()}
        self._fields = [field for _number, field in self._columns if field.type is not CrmType.REFERENCE]
        self._schema = values_schema("ImportedRow", self._fields)(reads_text=True)

    def read(self, cells: Sequence[str]) -> tuple[dict[str, CrmValue], dict[str, list[str]]]:
        """Return the values of a row by the keys of `fillable`, and its faults; references are left to `references`."""
        if len(cells) > len(self._settings.columns):
            return {}, {"": [_("has more cells than the header has columns")]}
        texts = {
            field.key: self._plain(field, cells[number].strip())
            for number, field in self._columns
            if field.type is not CrmType.REFERENCE and number < len(cells)
        }
        if not self._settings.clears:
            texts = {key: text for key, text in texts.items() if text}
        try:
            return values_by_key(self._schema.load(texts), self._fields), {}
        except ValidationError as error:
            return values_by_key(dict(error.valid_data or {}), self._fields), flattened(error.messages)

    def references(self, cells: Sequence[str]) -> dict[str, str]:
        """Return the texts of the cells that refer to records, by field key; empty ones are left out."""
        return {
            field.key: cells[number].strip()
            for number, field in self._columns
            if field.type is CrmType.REFERENCE and number < len(cells) and cells[number].strip()
        }

    def external_id(self, cells: Sequence[str]) -> str:
        """Return what another system calls the record of a row, or an empty text."""
        has_one = self._external is not None and self._external < len(cells)
        return cells[self._external].strip() if has_one and self._external is not None else ""

    def _plain(self, field: CrmField, text: str) -> str:
        """Return a cell as forms write it: decimals with a point, dates with the year first, lists by key."""
        if field.type is CrmType.DECIMAL:
            grouping, point = (".", ",") if self._settings.decimal_comma else (",", ".")
            return re.sub(r"[\s' ]", "", text).replace(grouping, "").replace(point, ".")
        if field.type in {CrmType.DATE, CrmType.DATETIME}:
            return _year_first(text, self._settings.dates)
        if field.type is CrmType.LIST:
            return self._keys.get(field.list_key, {}).get(text.casefold(), text)
        if field.type is CrmType.BOOLEAN:
            return "true" if text.casefold() in _YES else "false" if text.casefold() in _NO else text
        return text


def _keys_by_name(items: Items) -> dict[str, str]:
    return {**{name.casefold(): key for key, name in items.items()}, **{key.casefold(): key for key in items}}


def _year_first(text: str, order: DateOrder) -> str:
    found = _DATE.fullmatch(text)
    if not found:
        return text
    first, second, third, rest = found.groups()
    if len(first) == 4 or order is DateOrder.YEAR_FIRST:
        year, month, day = first, second, third
    elif order is DateOrder.DAY_FIRST:
        day, month, year = first, second, third
    else:
        month, day, year = first, second, third
    return f"{year}-{month:0>2}-{day:0>2}{rest}" if len(year) == 4 else text
