"""What a piece of a file would do to the hub."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from host.crm.external_ids import EXTERNAL_ID_LENGTH, known_records
from host.crm.fields import CrmField
from host.crm.importing.cells import CellReader
from host.crm.importing.row_columns import holds_rows, label_of, take_row
from host.crm.importing.settings import EXTERNAL_ID, ImportSettings
from host.crm.lists import items_for
from host.crm.matching import find_by
from host.crm.references import ids_of_names
from host.crm.registry import fields_of
from host.crm.row_values import MOST_ROWS
from host.crm.upserting import Decision, Row, decide
from host.crm.values import CrmRows, CrmValue, fold

ROWS_PER_PIECE = 500

NumberedCells = tuple[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One record of the file: the number of its first row (that below the header is 0), and what becomes of it.

    It has one row, `length`, but for records with rows of their own, which stand below each other.
    """

    number: int
    external_id: str
    decision: Decision
    length: int = 1


@dataclass(slots=True)
class _Read:
    number: int
    first: int
    cells: Sequence[str]
    values: dict[str, CrmValue]
    errors: dict[str, list[str]]
    external_id: str
    matches: Sequence[int] = field(default_factory=tuple)
    rows: dict[str, CrmRows] = field(default_factory=dict)
    length: int = 1


class ImportPlanner:
    """Plans an import piece by piece, in the order of the file.

    Args:
        session: A session.
        entity_type: Key of the entity.
        settings: The choices for the import.
    """

    def __init__(self, session: Session, entity_type: str, settings: ImportSettings) -> None:
        self._entity_type = entity_type
        self._settings = settings
        self.fields: Mapping[str, CrmField] = fields_of(session, entity_type)
        self._items = items_for(session, list(self.fields.values()))
        self._reader = CellReader(settings, self.fields, self._items)
        self._seen: dict[str, int] = {}
        self._holds_rows = holds_rows(settings.columns, self.fields)

    def pieces(self, rows: Iterator[NumberedCells]) -> Iterator[list[NumberedCells]]:
        """Cut a file into pieces that are written at once; the rows of one record stay together."""
        begun: list[NumberedCells] = []
        while piece := [*begun, *islice(rows, ROWS_PER_PIECE - len(begun))]:
            begun = []
            while self._holds_rows and len(piece) < ROWS_PER_PIECE + MOST_ROWS and (following := next(rows, None)):
                if not self._are_of_one_record(piece[-1], following):
                    begun = [following]
                    break
                piece.append(following)
            yield piece

    def pass_over(self, piece: Sequence[NumberedCells]) -> None:
        """Take notice of rows that were dealt with before, so that later ones that repeat them are refused."""
        for number, cells in piece:
            self._first_of(number, self._recognised_by(cells))

    def plan(self, session: Session, piece: Sequence[NumberedCells], *, lock: bool = False) -> list[PlannedRow]:
        """Return what becomes of some rows, with a constant number of statements.

        Args:
            session: A session; with `lock` one that writes.
            piece: Numbers and cells of the rows.
            lock: Keep others from changing the records until the transaction ends.
        """
        rows = self._gathered([self._read(number, cells) for number, cells in piece])
        self._resolve_references(session, rows)
        self._match(session, rows)
        decisions = decide(
            session,
            self._entity_type,
            self.fields,
            [Row(row.values, row.matches, row.errors) for row in rows],
            lock=lock,
        )
        return [
            PlannedRow(row.number, row.external_id, decision, row.length)
            for row, decision in zip(rows, decisions, strict=True)
        ]

    def words(self, decision: Decision) -> list[str]:
        """Return the faults of a refused row in words, each with the name of its field."""
        labels = {"": "", EXTERNAL_ID: _("External id")}
        return [
            f"{labels[key] if key in labels else label_of(self.fields, key)}: {fault}".removeprefix(": ")
            for key, faults in decision.errors.items()
            for fault in faults
        ]

    def _read(self, number: int, cells: Sequence[str]) -> _Read:
        values, errors = self._reader.read(cells)
        first = self._first_of(number, self._recognised_by(cells))
        row = _Read(number, first, cells, values, {key: list(faults) for key, faults in errors.items()}, "")
        if len(external_id := self._reader.external_id(cells)) > EXTERNAL_ID_LENGTH:
            row.errors[EXTERNAL_ID] = [_("must not be longer than %(count)s characters", count=EXTERNAL_ID_LENGTH)]
        else:
            row.external_id = external_id
        return row

    def _gathered(self, read: Sequence[_Read]) -> list[_Read]:
        """Put the rows of one record together; refuse those that are the same record as one that stands elsewhere."""
        gathered: list[_Read] = []
        for row in read:
            if self._holds_rows and gathered and row.first == gathered[-1].number:
                self._take_in(gathered[-1], row)
                continue
            if row.first != row.number:
                row.errors.setdefault("", []).append(_("is the same record as row %(number)s", number=row.first + 2))
            take_row(self.fields, row.values, row.errors, row.rows)
            gathered.append(row)
        for row in gathered:
            row.values.update({key: rows for key, rows in row.rows.items() if rows or self._empties(key)})
        return gathered

    def _take_in(self, record: _Read, row: _Read) -> None:
        """Add a further row of a record; its fields may not be other ones than before."""
        take_row(self.fields, row.values, row.errors, record.rows)
        record.length += 1
        for key, faults in row.errors.items():
            record.errors.setdefault(key, []).extend(faults)
        before = {**self._reader.references(record.cells), **record.values}
        for key, value in {**self._reader.references(row.cells), **row.values}.items():
            if value in (None, ""):  # an empty cell below says nothing, also where empty cells empty the field
                continue
            if before.get(key, value) != value:
                fault = _("is not the same in row %(number)s", number=row.number + 2)
                record.errors.setdefault(key, []).append(fault)
            elif key in row.values:
                record.values[key] = value

    def _empties(self, key: str) -> bool:
        columns = {f"{key}.{column.key}" for column in self.fields[key].row_fields}
        return self._settings.clears and not columns.isdisjoint(self._settings.columns)

    def _are_of_one_record(self, one: NumberedCells, other: NumberedCells) -> bool:
        recognised_by = self._recognised_by(one[1])
        return bool(recognised_by) and recognised_by == self._recognised_by(other[1])

    def _recognised_by(self, cells: Sequence[str]) -> str:
        if not self._settings.match:
            return ""
        column = self._settings.columns.index(self._settings.match)
        text = cells[column] if column < len(cells) else ""
        return text.strip() if self._settings.match == EXTERNAL_ID else fold(text)

    def _first_of(self, number: int, recognised_by: str) -> int:
        return self._seen.setdefault(recognised_by, number) if recognised_by else number

    def _resolve_references(self, session: Session, rows: Collection[_Read]) -> None:
        texts = [self._reader.references(row.cells) for row in rows]
        for key in {key for several in texts for key in several}:
            names = {several[key] for several in texts if key in several}
            ids = ids_of_names(session, self.fields[key].references, names)
            for row, several in zip(rows, texts, strict=True):
                if key not in several:
                    continue
                found = ids.get(several[key], [])
                if len(found) == 1:
                    row.values[key] = found[0]
                else:
                    fault = _("nothing is called “%(name)s”") if not found else _("several are called “%(name)s”")
                    row.errors.setdefault(key, []).append(fault % {"name": several[key]})

    def _match(self, session: Session, rows: Collection[_Read]) -> None:
        match = self._settings.match
        if match == EXTERNAL_ID:
            wanted = {row.external_id for row in rows if row.external_id}
            known = known_records(session, self._entity_type, self._settings.source, wanted)
            for row in rows:
                row.matches = [known[row.external_id]] if row.external_id in known else []
        elif match:
            tuples = {(row.values[match],) for row in rows if row.values.get(match) is not None}
            found = find_by(session, self._entity_type, [match], tuples)
            for row in rows:
                row.matches = found.get((row.values.get(match),), [])
