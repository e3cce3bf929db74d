"""Restoring a backup."""

import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Table, delete, func, insert, select, text
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from host.backup.errors import BackupError
from host.backup.rows import from_line, readers_of
from host.backup.saving import FORMAT, MANIFEST, ROWS_AT_ONCE, BackupSummary, is_saved
from host.database import Database
from host.migrations import head

AfterRestore = Callable[[Session], None]


def restore(
    database: Database, metadata: MetaData, path: Path, after: AfterRestore, *, replace: bool = False
) -> BackupSummary:
    """Put a backup into a migrated database, all of it or, when anything is wrong, nothing.

    Args:
        after: Called in the same transaction when all rows are in; a restored copy must not sync before somebody
            said that the original no longer does.
        replace: Whether to throw away what the database holds; otherwise it must hold no user yet.

    Raises:
        BackupError: The file is no backup, is of another version, or the database is in use.
    """
    try:
        with zipfile.ZipFile(path) as archive, database.writing() as session:
            counts = _checked_manifest(archive, metadata)
            _empty(session, metadata, replace=replace)
            _defer_references(session, database)
            for table in metadata.sorted_tables:
                if table.name in counts:
                    _restore_table(session, table, archive, counts[table.name])
                    if not database.is_sqlite:
                        _move_sequence(session, table)
            after(session)
    except FileNotFoundError as error:
        raise BackupError(f"there is no file {path}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError) as error:
        raise BackupError(f"{path} is no backup of Tieline, or is damaged: {error}") from error
    except (IntegrityError, DataError) as error:
        # the words of the database would show the row
        raise BackupError(f"{path} is damaged: its rows do not fit together") from error
    return BackupSummary(len(counts), sum(counts.values()))


def _checked_manifest(archive: zipfile.ZipFile, metadata: MetaData) -> dict[str, int]:
    manifest = json.loads(archive.read(MANIFEST))
    if manifest["format"] != FORMAT or manifest["revision"] != head():
        raise BackupError(
            f"the backup is of revision {manifest['revision']} and this version has {head()}, "
            "restore it with the version of Tieline that made it and upgrade then"
        )
    counts = manifest["rows"]
    if not isinstance(counts, dict):
        raise TypeError("its manifest counts no rows")
    if unknown := counts.keys() - metadata.tables.keys():
        raise BackupError(f"the backup has tables unknown here: {', '.join(sorted(unknown))}")
    return counts


def _empty(session: Session, metadata: MetaData, *, replace: bool) -> None:
    users = metadata.tables["user_account"]
    if not replace and session.scalar(select(func.count()).select_from(users)):
        raise BackupError("the database is in use, restore into an empty one or give --replace")
    for table in reversed(metadata.sorted_tables):
        session.execute(delete(table))


def _defer_references(session: Session, database: Database) -> None:
    if database.is_sqlite:
        session.execute(text("PRAGMA defer_foreign_keys=ON"))


def _restore_table(session: Session, table: Table, archive: zipfile.ZipFile, expected: int) -> None:
    if not is_saved(table):
        return
    readers = readers_of(table)
    count = 0
    with archive.open(f"{table.name}.jsonl") as file:
        rows: Iterator[dict[str, Any]] = (from_line(line, readers) for line in file)
        while batch := list(islice(rows, ROWS_AT_ONCE)):
            session.execute(insert(table), batch)
            count += len(batch)
    if count != expected:
        raise BackupError(
            f"table {table.name} has {count} rows in the backup and should have {expected}, the file is damaged"
        )


def _move_sequence(session: Session, table: Table) -> None:
    # ids were given, not drawn, so the sequence still stands at its beginning
    key = table.autoincrement_column
    if key is None or key.foreign_keys:
        return
    sequence = session.scalar(select(func.pg_get_serial_sequence(table.name, key.name)))
    if sequence is not None:
        highest = select(func.coalesce(func.max(key), 0) + 1).scalar_subquery()
        session.execute(select(func.setval(sequence, highest, False)))
