"""Creating and changing rows of a workbook; formats, formulas and other sheets stay as they are."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import datetime
from zoneinfo import ZoneInfo

from openpyxl.cell import Cell, MergedCell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from plugins.workbook.cells import CellContent, CellError, content_of, text_of
from plugins.workbook.cursors import FIRST_ROW
from plugins.workbook.files import WorkbookPath
from plugins.workbook.layout import MODIFIED, PARENT_KEY, PARENT_TYPE
from plugins.workbook.reading import by_keys, layout_of, opened
from plugins.workbook.records import Sheet, open_book
from sync_connectors import (
    Access,
    Actor,
    Field,
    ProtocolError,
    RejectedRecordError,
    Rejection,
    Rows,
    Saved,
)


class StaleRecordError(RejectedRecordError):
    """The row was changed since the actor was read."""


class Writer:
    """Changes one sheet of a workbook that is open for writing."""

    def __init__(self, book: Workbook, sheet: Sheet, zone: ZoneInfo) -> None:
        self._book = book
        self._sheet = sheet
        self._rows: Worksheet = book[sheet.layout.sheet]
        self._now = datetime.now(zone).strftime("%Y-%m-%dT%H:%M:%S")
        self._numbers = {record.key: record.number for record in sheet.records()}
        self.has_changed = False

    def append(self, actor: Actor) -> str:
        """Add a row below the last one, in its format, and return its key."""
        self._check(actor, creating=True)
        number = self._rows.max_row + 1
        key = self._next_key()
        for column in range(1, self._rows.max_column + 1):
            if number > FIRST_ROW:
                _take_format(self._rows.cell(number - 1, column), self._rows.cell(number, column))
        self._put(number, self._sheet.layout.key, int(key) if key.isdecimal() else key)
        self._write(number, key, actor)
        self._numbers[key] = number
        return key

    def change(self, actor: Actor, timestamps: Mapping[str, str]) -> None:
        """Change the fields that the actor has, and its parent if it names one; others stay.

        Raises:
            RejectedRecordError: There is no such row, or a value is not allowed.
            StaleRecordError: The row was changed since the actor was read.
        """
        number = self._numbers.get(actor.key)
        if number is None:
            raise RejectedRecordError(f"{self._sheet.layout.sheet} has no record {actor.key}")
        if actor.timestamp and actor.timestamp != timestamps.get(actor.key):
            raise StaleRecordError(
                f"{actor.key} was changed in the workbook meanwhile", instruction="It is read and merged again."
            )
        self._check(actor, creating=False)
        self._write(number, actor.key, actor)

    def _write(self, number: int, key: str, actor: Actor) -> None:
        if actor.parent is not None:
            self._put(number, PARENT_TYPE, actor.parent.actor_type)
            self._put(number, PARENT_KEY, _as_number(actor.parent.key))
        for name, value in actor.values.items():
            field = self._sheet.fields[name]
            if field.access is Access.READ_ONLY:
                continue  # numbers that the ERP gives overwrite any that is sent (spec 8)
            if isinstance(value, Rows):
                self._write_lines(key, field, value)
            else:
                self._put(number, name, content_of(value))
        self._put(number, MODIFIED, self._now)
        self.has_changed = True

    def _write_lines(self, owner: str, field: Field, lines: Rows) -> None:
        layout = self._sheet.layout.lines
        if layout is None or layout.sheet not in self._book.sheetnames:
            raise RejectedRecordError(f"the workbook has no sheet for {field.label}", field=field.key)
        sheet = self._book[layout.sheet]
        places = {str(cell.value): cell.column for cell in sheet[1] if cell.value is not None}
        old = [
            row for row in range(2, sheet.max_row + 1) if text_of(sheet.cell(row, places[layout.owner]).value) == owner
        ]
        for row in reversed(old):
            sheet.delete_rows(row)
        for key, line in lines.items():
            row = sheet.max_row + 1
            sheet.cell(row, places[layout.owner], _as_number(owner))
            sheet.cell(row, places[layout.key], _as_number(key))
            for name, value in line.items():
                if name in places:
                    sheet.cell(row, places[name], content_of(value))

    def _put(self, number: int, column: str, content: CellContent) -> None:
        if (index := self._sheet.columns.get(column)) is not None:
            cell = self._rows.cell(number, index + 1)
            cell.value = content
            if isinstance(content, str) and cell.data_type == "f":
                cell.data_type = "s"  # text that begins with “=” is text, not a formula

    def _check(self, actor: Actor, *, creating: bool) -> None:
        for name, value in actor.values.items():
            field = self._sheet.fields.get(name)
            if field is None:
                raise RejectedRecordError(f"there is no column {name}", field=name)
            if field.max_length and isinstance(value, str) and len(value) > field.max_length:
                raise RejectedRecordError(f"{field.label} takes {field.max_length} characters", field=name)
        required = [field for field in self._sheet.fields.values() if field.access is Access.MANDATORY]
        for field in required:
            given = field.key in actor.values
            if (creating or given) and actor.values.get(field.key) in (None, ""):
                raise RejectedRecordError(f"{field.label} must be given", field=field.key)

    def _next_key(self) -> str:
        numbers = [int(key) for key in self._numbers if key.isdecimal()]
        return str(max(numbers, default=10000) + 1)


def create(path: WorkbookPath, actor: Actor, zone: ZoneInfo) -> Actor:
    """Add one record and return it as the workbook now has it."""
    with _changed(path, actor.actor_type, zone) as writer:
        try:
            key = writer.append(actor)
        except CellError as error:
            raise RejectedRecordError(str(error)) from error
    return _reread(path, actor.actor_type, [key], actor.values)[0]


def save(path: WorkbookPath, actors: Sequence[Actor], zone: ZoneInfo) -> Saved:
    """Change several records of one type in one replacement of the file."""
    if not actors:
        return Saved()
    actor_type = actors[0].actor_type
    rejections: list[Rejection] = []
    with _changed(path, actor_type, zone) as writer:
        keys = [actor.key for actor in actors]
        timestamps = {each.key: each.timestamp for each in by_keys(path, actor_type, keys, []).actors}
        for actor in actors:
            try:
                writer.change(actor, timestamps)
            except RejectedRecordError as error:
                stale = isinstance(error, StaleRecordError)
                rejections.append(
                    Rejection(actor.key, error.text, error.instruction, error.technical, error.field, stale)
                )
            except CellError as error:
                rejections.append(Rejection(actor.key, str(error)))
    refused = {each.key for each in rejections}
    kept = [actor for actor in actors if actor.key not in refused]
    fields = {name for actor in kept for name in actor.values}
    saved = _reread(path, actor_type, [actor.key for actor in kept], fields) if kept else []
    return Saved(tuple(saved), tuple(rejections))


@contextmanager
def _changed(path: WorkbookPath, actor_type: str, zone: ZoneInfo) -> Iterator[Writer]:
    with path.locked():
        with path.reading() as file:
            book = open_book(file, for_writing=True)
        with opened(path) as (stream, _signature):
            writer = Writer(book, Sheet(stream, layout_of(actor_type)), zone)
            yield writer
        if writer.has_changed:
            path.replace(book)


def _reread(path: WorkbookPath, actor_type: str, keys: Sequence[str], fields: Collection[str]) -> list[Actor]:
    found = by_keys(path, actor_type, keys, list(fields)).actors
    if len(found) != len(keys):
        raise ProtocolError("a record is gone from the workbook directly after it was written")
    return list(found)


def _take_format(above: Cell | MergedCell, cell: Cell | MergedCell) -> None:
    cell.number_format = above.number_format
    for aspect in ("font", "fill", "border", "alignment", "protection"):
        setattr(cell, aspect, copy(getattr(above, aspect)))


def _as_number(key: str) -> int | str:
    return int(key) if key.isdecimal() and str(int(key)) == key else key
