"""Rows of a sheet as actors."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from plugins.workbook.cells import CellError, text_of, value_of
from plugins.workbook.layout import MODIFIED, PARENT_KEY, PARENT_TYPE, SYSTEM_COLUMNS, LineLayout, SheetLayout
from sync_connectors import Access, Actor, ActorReference, ConfigurationError, Field, FieldType, Rejection, Rows, Value

Cells = tuple[object, ...]
Lines = Rows | CellError


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a sheet: its number (the headings are row 1), its cells, and its key in text."""

    number: int
    cells: Cells
    key: str


class Sheet:
    """One sheet of an open workbook, read as a stream."""

    def __init__(self, book: Workbook, layout: SheetLayout) -> None:
        """Find the sheet and its headings.

        Raises:
            ConfigurationError: The workbook lacks the sheet, or the sheet its key column.
        """
        self.layout = layout
        self._book = book
        if layout.sheet not in book.sheetnames:
            raise _lacks(f"the workbook has no sheet “{layout.sheet}”")
        self._rows = book[layout.sheet]
        headings = next(self._rows.iter_rows(max_row=1, values_only=True), ())
        self.columns = {str(name).strip(): index for index, name in enumerate(headings) if name is not None}
        if layout.key not in self.columns:
            raise _lacks(f"sheet “{layout.sheet}” has no column “{layout.key}”")
        self.fields = {field.key: field for field in self._fields()}

    @property
    def height(self) -> int | None:
        """How many records there are at most, None when the file does not say."""
        last: int | None = self._rows.max_row
        return last - 1 if last else None

    def rows(self, first_row: int = 2) -> Iterator[Record]:
        """Yield the rows that hold something, from one row on; the key is empty where there is none."""
        key_column = self.columns[self.layout.key]
        for number, cells in enumerate(self._rows.iter_rows(min_row=first_row, values_only=True), start=first_row):
            key = cells[key_column] if len(cells) > key_column else None
            if key is not None and key != "":
                yield Record(number, cells, text_of(key))
            elif any(cell is not None for cell in cells):
                yield Record(number, cells, "")

    def records(self) -> Iterator[Record]:
        """Yield the rows that have a key."""
        return (record for record in self.rows() if record.key)

    def actor(self, record: Record, fields: Collection[str], lines: Mapping[str, Lines] | None = None) -> Actor:
        """Return a row as an actor with the wanted fields.

        Raises:
            CellError: A wanted cell does not suit its column; the message begins with the field key.
        """
        values: dict[str, Value] = {}
        for key in fields:
            field = self.fields.get(key)
            if field is None:
                continue
            if field.type is FieldType.ROWS:
                values[key] = _rows(key, (lines or {}).get(record.key, Rows()))
                continue
            try:
                values[key] = value_of(field, self._cell(record.cells, key))
            except CellError as error:
                raise CellError(f"{key}: {error}") from error
        return Actor(
            self.layout.actor_type.name, record.key, values, self.timestamp(record), self.parent_of(record.cells)
        )

    def rejection(self, record: Record, error: CellError) -> Rejection:
        """Return a row that cannot be read, in words."""
        field, _colon, text = str(error).partition(": ")
        name = self._cell(record.cells, self.layout.label_column)
        return Rejection(
            record.key,
            f"{self.layout.sheet} row {record.number} ({text_of(name) if name else record.key}): {field} {text}",
            instruction="Mend the cell in the workbook.",
            field=field,
        )

    def timestamp(self, record: Record) -> str:
        """Return the time in the row's own column, and a hash by which a change made by hand is seen as well."""
        modified = self._cell(record.cells, MODIFIED)
        content = hashlib.blake2b(repr(record.cells).encode(), digest_size=6).hexdigest()
        return f"{text_of(modified).replace(' ', 'T') if modified else ''}#{content}"

    def parent_of(self, cells: Cells) -> ActorReference | None:
        """Return the record that a row lies under."""
        kind, key = self._cell(cells, PARENT_TYPE), self._cell(cells, PARENT_KEY)
        return ActorReference(text_of(kind), text_of(key)) if kind and key is not None else None

    def lines(self, wanted: Collection[str]) -> dict[str, Lines] | None:
        """Return the child rows of all records by their key, if one of the wanted fields holds them."""
        layout = self.layout.lines
        if layout is None or layout.field not in wanted or layout.field not in self.fields:
            return None
        return read_lines(self._book, layout, self.fields[layout.field].row_fields)

    def _cell(self, cells: Cells, column: str) -> object:
        index = self.columns.get(column)
        return cells[index] if index is not None and index < len(cells) else None

    def _fields(self) -> Iterator[Field]:
        layout = self.layout
        known = {field.key: field for field in layout.columns}
        names = [name for name in known if name in self.columns]
        names += [name for name in self.columns if name not in known and name not in SYSTEM_COLUMNS]
        if layout.lines and layout.lines.sheet in self._book.sheetnames:
            names.append(layout.lines.field)
        for rank, name in enumerate(names, start=1):
            field = known.get(name) or Field(name, name, FieldType.TEXT)
            yield Field(
                field.key,
                field.label,
                field.type,
                field.description,
                field.list_name,
                rank=rank,
                max_length=field.max_length,
                access=Access.READ_ONLY if name == layout.key else field.access,
                decimals=field.decimals,
                row_fields=field.row_fields,
            )


def read_lines(book: Workbook, layout: LineLayout, columns: Sequence[Field]) -> dict[str, Lines]:
    """Return all child rows of a sheet of lines by the key of their record; an error where one cannot be read."""
    sheet = book[layout.sheet]
    rows = sheet.iter_rows(values_only=True)
    places = {str(name).strip(): index for index, name in enumerate(next(rows, ())) if name is not None}
    if layout.owner not in places or layout.key not in places:
        raise _lacks(f"sheet “{layout.sheet}” lacks the column “{layout.owner}” or “{layout.key}”")
    found: dict[str, Lines] = {}
    for cells in rows:
        owner, key = cells[places[layout.owner]], cells[places[layout.key]]
        if owner is None or key is None:
            continue
        try:
            line = {
                column.key: value_of(column, cells[places[column.key]]) for column in columns if column.key in places
            }
        except CellError as error:
            found[text_of(owner)] = CellError(f"line {text_of(key)}: {error}")
            continue
        present = found.setdefault(text_of(owner), Rows())
        if isinstance(present, Rows):
            present[text_of(key)] = line
    return found


def _rows(key: str, lines: Lines) -> Rows:
    if isinstance(lines, CellError):
        raise CellError(f"{key}: {lines}") from lines
    return lines


def open_book(file: BinaryIO, *, for_writing: bool = False) -> Workbook:
    """Open a workbook: as a stream with the results of formulas, or whole with the formulas to write it again."""
    return load_workbook(file, read_only=not for_writing, data_only=not for_writing, keep_links=for_writing)


def _lacks(text: str) -> ConfigurationError:
    return ConfigurationError(
        text, fields={"Filename": text}, instruction="Add it to the workbook, or choose another file."
    )
