"""Everything that only reads a workbook."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from openpyxl.workbook import Workbook

from plugins.workbook.cells import CellError, text_of
from plugins.workbook.cursors import Cursor
from plugins.workbook.files import WorkbookPath, signature_of
from plugins.workbook.layout import LIST_COLUMNS, LISTS_SHEET, SHEETS, SheetLayout
from plugins.workbook.matching import suits
from plugins.workbook.records import Record, Sheet, open_book
from sync_connectors import (
    Actor,
    Actors,
    ConfigurationError,
    Notice,
    NoticeLevel,
    Page,
    ProtocolError,
    Rejection,
    Restriction,
)

PAGE_SIZE = 500


@contextmanager
def opened(path: WorkbookPath) -> Iterator[tuple[Workbook, str]]:
    """Yield the workbook as a stream, and the signature of the state that is read."""
    with path.reading() as file:
        book = open_book(file)
        try:
            yield book, signature_of(file)
        finally:
            book.close()


def layouts_in(path: WorkbookPath) -> list[SheetLayout]:
    """Return the sheets that the workbook has; it must have that of the customers."""
    with opened(path) as (book, _signature):
        Sheet(book, SHEETS["Customer"])
        return [layout for layout in SHEETS.values() if layout.sheet in book.sheetnames]


def layout_of(actor_type: str) -> SheetLayout:
    """Return the sheet of an actor type.

    Raises:
        ProtocolError: There is none.
    """
    try:
        return SHEETS[actor_type]
    except KeyError as error:
        raise ProtocolError(f"a workbook has no records of the type {actor_type}") from error


def by_keys(path: WorkbookPath, actor_type: str, keys: Collection[str], fields: Sequence[str]) -> Actors:
    """Return the records with these keys; reading stops when all are found."""
    missing = set(keys)
    actors: list[Actor] = []
    notices: list[Notice] = []
    with opened(path) as (book, _signature):
        sheet = Sheet(book, layout_of(actor_type))
        lines = sheet.lines(fields)
        for record in sheet.records():
            if record.key not in missing:
                continue
            try:
                actors.append(sheet.actor(record, fields, lines))
            except CellError as error:
                notices.append(_unreadable(sheet.rejection(record, error)))
            missing.discard(record.key)
            if not missing:
                break
    return Actors(tuple(actors), tuple(notices))


def matching(
    path: WorkbookPath,
    actor_type: str,
    fields: Sequence[str],
    *,
    text: str = "",
    restrictions: tuple[Restriction, ...] = (),
    limit: int = 500,
) -> Actors:
    """Return records in which all words of a text occur and that suit all restrictions, `limit` at the most."""
    words = text.casefold().split()
    needed = list({*fields, *(each.field for each in restrictions)})
    actors: list[Actor] = []
    with opened(path) as (book, _signature):
        sheet = Sheet(book, layout_of(actor_type))
        lines = sheet.lines(needed)
        for record in sheet.records():
            if words and not _holds(record, words):
                continue
            try:
                actor = sheet.actor(record, needed, lines)
            except CellError:
                continue  # a search finds what can be read; a pass tells of the rest
            if not suits(actor, restrictions, sheet.fields):
                continue
            if len(actors) == limit:
                return Actors(tuple(actors), (Notice(NoticeLevel.INFORMATION, f"only the first {limit} are shown"),))
            wanted = {key: value for key, value in actor.values.items() if key in fields}
            actors.append(Actor(actor.actor_type, actor.key, wanted, actor.timestamp, actor.parent))
    return Actors(tuple(actors))


def pages(
    path: WorkbookPath, actor_type: str, watermark: str | None, resume: str | None, fields: Sequence[str]
) -> Iterator[Page]:
    """Yield all records if the file is another than the watermark's, and none if it is the same.

    People change cells without touching the time beside them, so only the state of the file tells for certain that
    nothing changed; the host skips what is equal.
    """
    with opened(path) as (book, signature):
        if watermark == signature and resume is None:
            yield Page((), watermark=signature)
            return
        cursor = Cursor.parse(resume, signature)
        sheet = Sheet(book, layout_of(actor_type))
        lines = sheet.lines(fields)
        total = sheet.height
        page = _PageInProgress()
        keys: set[str] = set()
        for record in sheet.rows(cursor.row):
            if not record.key:
                page.notices.append(_warning(f"{sheet.layout.sheet} row {record.number} has no key and is left out"))
                continue
            if record.key in keys:
                page.notices.append(
                    _warning(f"{sheet.layout.sheet} row {record.number} has the key {record.key} again and is left out")
                )
                continue
            keys.add(record.key)
            if page.size == PAGE_SIZE:
                yield page.finished(resume=Cursor(signature, record.number).text(), total=total)
                page = _PageInProgress()
            try:
                page.actors.append(sheet.actor(record, fields, lines))
            except CellError as error:
                page.rejections.append(sheet.rejection(record, error))
        yield page.finished(watermark=signature, total=total)


def list_items(path: WorkbookPath, list_name: str) -> Mapping[str, str]:
    """Return the items of one list, in the order of the sheet of lists; an unknown list is empty."""
    items: dict[str, str] = {}
    with opened(path) as (book, _signature):
        if LISTS_SHEET not in book.sheetnames:
            return items
        rows = book[LISTS_SHEET].iter_rows(values_only=True)
        places = {str(name): index for index, name in enumerate(next(rows, ()))}
        if not places.keys() >= set(LIST_COLUMNS):
            text = f"sheet “{LISTS_SHEET}” needs the columns {', '.join(LIST_COLUMNS)}"
            raise ConfigurationError(text, fields={"Filename": text})
        for cells in rows:
            name, key, shown = (cells[places[column]] for column in LIST_COLUMNS)
            if name == list_name and key is not None:
                items[text_of(key)] = text_of(key if shown is None else shown)
    return items


@dataclass(slots=True)
class _PageInProgress:
    actors: list[Actor] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.actors) + len(self.rejections)

    def finished(self, *, resume: str | None = None, watermark: str | None = None, total: int | None) -> Page:
        return Page(tuple(self.actors), resume, watermark, total, tuple(self.notices), tuple(self.rejections))


def _holds(record: Record, words: Sequence[str]) -> bool:
    content = " ".join(str(cell) for cell in record.cells if cell is not None).casefold()
    return all(word in content for word in words)


def _unreadable(rejection: Rejection) -> Notice:
    return _warning(rejection.text)


def _warning(text: str) -> Notice:
    return Notice(NoticeLevel.WARNING, text)
