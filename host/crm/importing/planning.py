"""What a piece of a file would do to the hub."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from host.crm.external_ids import EXTERNAL_ID_LENGTH, known_records
from host.crm.fields import CrmField
from host.crm.importing.cells import CellReader
from host.crm.importing.settings import EXTERNAL_ID, ImportSettings
from host.crm.lists import items_for
from host.crm.matching import find_by
from host.crm.references import ids_of_names
from host.crm.registry import fields_of
from host.crm.upserting import Decision, Row, decide
from host.crm.values import CrmValue, fold

NumberedCells = tuple[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One row of the file: its number (the first below the header is 0), and what becomes of it."""

    number: int
    external_id: str
    decision: Decision


@dataclass(slots=True)
class _Read:
    cells: Sequence[str]
    values: dict[str, CrmValue]
    errors: dict[str, list[str]]
    external_id: str
    matches: Sequence[int] = field(default_factory=tuple)


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
        rows = [self._read(number, cells) for number, cells in piece]
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
            PlannedRow(number, row.external_id, decision)
            for (number, _cells), row, decision in zip(piece, rows, decisions, strict=True)
        ]

    def words(self, decision: Decision) -> list[str]:
        """Return the faults of a refused row in words, each with the name of its field."""
        labels = {"": "", EXTERNAL_ID: _("External id")}
        return [
            f"{labels[key] if key in labels else self.fields[key].label}: {fault}".removeprefix(": ")
            for key, faults in decision.errors.items()
            for fault in faults
        ]

    def _read(self, number: int, cells: Sequence[str]) -> _Read:
        values, errors = self._reader.read(cells)
        row = _Read(cells, values, {key: list(faults) for key, faults in errors.items()}, "")
        if len(external_id := self._reader.external_id(cells)) > EXTERNAL_ID_LENGTH:
            row.errors[EXTERNAL_ID] = [_("must not be longer than %(count)s characters", count=EXTERNAL_ID_LENGTH)]
        else:
            row.external_id = external_id
        first = self._first_of(number, self._recognised_by(cells))
        if first != number:
            row.errors.setdefault("", []).append(_("is the same record as row %(number)s", number=first + 2))
        return row

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
