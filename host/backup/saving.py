"""Making a backup."""

import json
import os
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import MetaData, Table, select
from sqlalchemy.orm import Session

from host.backup.errors import BackupError
from host.backup.rows import to_line
from host.database import Database
from host.migrations import head

FORMAT = 1
MANIFEST = "manifest.json"
ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class BackupSummary:
    """What a backup holds: how many rows of how many tables."""

    tables: int
    rows: int


def save(database: Database, metadata: MetaData, path: Path) -> BackupSummary:
    """Write all rows into one file, as they are at one moment; the installation may go on working meanwhile.

    Secrets are in it encrypted; the key is not, keep it elsewhere. The file is readable by its owner only.

    Raises:
        BackupError: The file exists or cannot be written.
    """
    if path.exists():
        raise BackupError(f"{path} exists already, give another name")
    counts: dict[str, int] = {}
    try:
        handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                with database.reading() as session:
                    if not database.is_sqlite:
                        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
                    for table in metadata.sorted_tables:
                        if is_saved(table):
                            counts[table.name] = _save_table(session, table, archive)
                archive.writestr(MANIFEST, json.dumps(_manifest(counts), indent=2))
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}") from error
    return BackupSummary(len(counts), sum(counts.values()))


def is_saved(table: Table) -> bool:
    """Return whether rows are in backups: not where a table's `info` says that they are untrue or useless in a copy."""
    return bool(table.info.get("in_backup", True))


def _save_table(session: Session, table: Table, archive: zipfile.ZipFile) -> int:
    count = 0
    rows = session.execute(select(table).order_by(*table.primary_key.columns).execution_options(yield_per=ROWS_AT_ONCE))
    with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as file:
        for row in rows.mappings():
            file.write(to_line(dict(row)))
            count += 1
    return count


def _manifest(counts: dict[str, int]) -> dict[str, object]:
    return {"format": FORMAT, "revision": head(), "made_at": datetime.now(UTC).isoformat(), "rows": counts}
