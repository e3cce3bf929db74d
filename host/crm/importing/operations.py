"""An import from its upload to its result; the rows are written in pieces, one transaction each."""

import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import IO

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from host.audit.doer import Doer
from host.crm.external_ids import add_external_ids, known_records
from host.crm.importing.planning import ImportPlanner, NumberedCells, PlannedRow
from host.crm.importing.reading import CsvTable, open_table
from host.crm.importing.settings import ImportSettings
from host.crm.indexing import ensure_found_by
from host.crm.models import RecordImport
from host.crm.origins import import_origin_of
from host.crm.upserting import Outcome, carry_out
from host.database import Database
from host.errors import ConflictError, InvalidInputError, NotFoundError

KEPT_FOR = timedelta(hours=24)
PREVIEWED_ROWS = 2_000
SHOWN_ROWS = 100
KEPT_PROBLEMS = 500
FOLDER = "imports"


@dataclass(slots=True)
class Preview:
    """What an import would do, as far as it was looked at.

    Attributes:
        looked_at: Number of rows that were planned, from the top of the file.
        counts: Rows by outcome.
        rows: The first rows of the file, and the first refused ones.
    """

    looked_at: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    rows: list[PlannedRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """An uploaded file in the data folder."""

    token: str
    total_rows: int


def keep_file(folder: Path, upload: IO[bytes]) -> KeptFile:
    """Keep an uploaded file; done before any transaction, because reading a large one takes a while.

    Raises:
        InvalidInputError: it is not a CSV file with a header and rows.
    """
    token = secrets.token_urlsafe(24)
    path = folder / token
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with path.open("xb") as staged:
            shutil.copyfileobj(upload, staged)
        return KeptFile(token, _counted(path))
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def begin(session: Session, doer: Doer, folder: Path, entity_type: str, filename: str, kept: KeptFile) -> RecordImport:
    """Begin the import of a kept file. What expired is thrown away on this occasion.

    Args:
        session: A session that writes.
        doer: Who imports.
        folder: The folder of kept files.
        entity_type: Key of the entity that the rows are of.
        filename: What the file is called where it comes from.
        kept: The file.
    """
    throw_expired_away(session, folder)
    begun = RecordImport(
        token=kept.token,
        user_id=doer.user_id,
        entity_type=entity_type,
        filename=Path(filename.replace("\x00", "")).name[:254],
        total_rows=kept.total_rows,
        next_row=0,
        counts={},
        problems=[],
        created_at=datetime.now(UTC),
    )
    session.add(begun)
    session.flush()
    return begun


def _counted(path: Path) -> int:
    total = open_table(path).count()
    if not total:
        raise InvalidInputError({"file": [_("has no rows below the names of the columns")]})
    return total


def import_of(session: Session, doer: Doer, entity_type: str, token: str, *, lock: bool = False) -> RecordImport:
    """Return an import of this user.

    Raises:
        NotFoundError: there is none, it has expired, or it is somebody else's.
    """
    statement = select(RecordImport).where(
        RecordImport.token == token, RecordImport.user_id == doer.user_id, RecordImport.entity_type == entity_type
    )
    found = session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFoundError(_("this import is not there any more"), _("upload the file again"))
    return found


def table_of_import(begun: RecordImport, folder: Path) -> CsvTable:
    """Return the staged file of an import.

    Raises:
        NotFoundError: the file is gone.
    """
    try:
        return open_table(folder / begun.token)
    except FileNotFoundError as error:
        raise NotFoundError(_("the uploaded file is not there any more"), _("upload it again")) from error


def assign(begun: RecordImport, settings: ImportSettings) -> None:
    """Remember the choices for an import.

    Raises:
        ConflictError: it has been started.
    """
    if begun.started_at is not None:
        raise ConflictError(_("this import was started already"))
    begun.settings = settings.to_json()


def preview(session: Session, entity_type: str, table: CsvTable, settings: ImportSettings) -> Preview:
    """Return what an import would do; nothing is changed."""
    shown = Preview()
    planner = ImportPlanner(session, entity_type, settings)
    for piece in planner.pieces(islice(table.rows(), PREVIEWED_ROWS)):
        for row in planner.plan(session, piece):
            outcome = row.decision.outcome
            shown.counts[outcome] = shown.counts.get(outcome, 0) + 1
            shown.looked_at += row.length
            if len(shown.rows) < SHOWN_ROWS // 2 or (outcome is Outcome.REFUSE and len(shown.rows) < SHOWN_ROWS):
                shown.rows.append(row)
    return shown


def start(session: Session, begun: RecordImport) -> None:
    """Start an import whose columns are assigned; `proceed` does the work.

    Records are found by the field that was chosen for it, so that it gets an index.

    Raises:
        ConflictError: no column was assigned.
    """
    if begun.settings is None:
        raise ConflictError(_("no column is assigned to a field yet"), _("assign columns first"))
    begun.started_at = begun.started_at or datetime.now(UTC)
    ensure_found_by(session, begun.entity_type, [ImportSettings.from_json(begun.settings).match])


def proceed(database: Database, doer: Doer, folder: Path, entity_type: str, token: str, seconds: float) -> RecordImport:
    """Write rows for some seconds, then return how far the import has come.

    Each piece and the number of the next row are one transaction: an import that broke off goes on where it was.

    Raises:
        NotFoundError: the import or its file is gone.
        ConflictError: it was not started.
    """
    deadline = monotonic() + seconds
    with database.reading() as session:
        begun = import_of(session, doer, entity_type, token)
        if begun.finished_at is not None:
            return begun
        if begun.started_at is None or begun.settings is None:
            raise ConflictError(_("this import was not started"), _("look at its preview first"))
        table = table_of_import(begun, folder)
        planner = ImportPlanner(session, entity_type, ImportSettings.from_json(begun.settings))
    pieces = planner.pieces(table.rows())
    while begun.finished_at is None:
        piece = next(pieces, [])
        if piece and piece[-1][0] < begun.next_row:
            planner.pass_over(piece)
            continue
        with database.writing() as session:
            begun = import_of(session, doer, entity_type, token, lock=True)
            left = [row for row in piece if row[0] >= begun.next_row]
            planner.pass_over([row for row in piece if row[0] < begun.next_row])
            _write(session, doer, begun, planner, left)
            if not piece or begun.next_row >= begun.total_rows:
                begun.finished_at = datetime.now(UTC)
        if monotonic() >= deadline:
            break
    if begun.finished_at is not None:
        (folder / token).unlink(missing_ok=True)
    return begun


def throw_expired_away(session: Session, folder: Path) -> None:
    """Delete imports and staged files that are older than a day."""
    oldest = datetime.now(UTC) - KEPT_FOR
    session.execute(delete(RecordImport).where(RecordImport.created_at < oldest))
    for path in folder.glob("*"):
        if path.stat().st_mtime < oldest.timestamp():
            path.unlink(missing_ok=True)


def _write(
    session: Session, doer: Doer, begun: RecordImport, planner: ImportPlanner, piece: Sequence[NumberedCells]
) -> None:
    if not piece:
        return
    rows = planner.plan(session, piece, lock=True)
    decisions = [row.decision for row in rows]
    ids = carry_out(session, begun.entity_type, decisions, import_origin_of(doer), datetime.now(UTC))
    settings = ImportSettings.from_json(begun.settings or {})
    if settings.source:
        named = {row.external_id: record_id for row, record_id in zip(rows, ids, strict=True) if record_id}
        _remember(session, begun.entity_type, settings, {key: value for key, value in named.items() if key})
    counts = dict(begun.counts)
    problems = list(begun.problems)
    for row in rows:
        counts[row.decision.outcome] = counts.get(row.decision.outcome, 0) + 1
        if row.decision.outcome is Outcome.REFUSE and len(problems) < KEPT_PROBLEMS:
            problems.append([row.number, planner.words(row.decision)])
    begun.counts, begun.problems = counts, problems
    begun.next_row = piece[-1][0] + 1


def _remember(session: Session, entity_type: str, settings: ImportSettings, named: dict[str, int]) -> None:
    known = known_records(session, entity_type, settings.source, named)
    add_external_ids(session, entity_type, settings.source, {key: named[key] for key in named if key not in known})
