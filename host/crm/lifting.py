"""Indexes that an entity does without while it is filled: dropped before, and made again from the filled table.

Values in no order dirty nearly all pages of an index with each page of records. What was dropped stands in the
database until it is there again, so that a process which dies in between leaves a note of it.
"""

import logging
from collections.abc import Collection
from typing import cast

from sqlalchemy import Column, Index, MetaData, Table, delete, inspect, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateIndex, DropIndex

from host.crm.fields import CrmType
from host.crm.importing.settings import ImportSettings
from host.crm.models import LiftedIndex, RecordImport
from host.crm.registry import entity_type_of
from host.crm.tables import index_name, table_of
from host.database import Database, is_on_postgresql

log = logging.getLogger(__name__)

_LIFTED = cast(Table, LiftedIndex.__table__)
_DROP_WAIT_SECONDS = 2
_MAKE_WAIT_SECONDS = 10
"""Whoever waits for a table holds up all that come after, so neither is waited for long."""
_LOCK_NOT_AVAILABLE = "55P03"
"""SQLSTATE lock_not_available (PostgreSQL, appendix A)."""


def has_fewer_than(session: Session, entity_type: str, count: int) -> bool:
    """Whether an entity has fewer than so many records, at least 1; looks at no more of them than that."""
    return session.scalar(select(table_of(entity_type).c.id).limit(1).offset(count - 1)) is None


def lift_indexes(session: Session, entity_type: str, kept_fields: Collection[str], holder: int) -> bool:
    """Drop the declared indexes of an entity, until `restore_index` makes each of them again.

    Those over references stay, because cards and deletions look for what belongs to a record, and so do those by which
    an import that is under way recognises records. What was dropped before stays with its holder.

    Args:
        session: A session that writes. On PostgreSQL nobody reads or writes the entity until it commits; where
            somebody holds the table for longer than a moment, nothing is dropped.
        entity_type: Key of the entity.
        kept_fields: Keys of further fields whose index stays.
        holder: Who fills the entity. Only the caller knows what the number means.

    Returns:
        Whether any index was dropped.
    """
    table = table_of(entity_type)
    if not _is_ours(session, table):
        log.info("the indexes of %s stay, because somebody holds the table", entity_type)
        return False
    passed_over = _kept(session, entity_type, kept_fields)
    passed_over.update(session.scalars(select(LiftedIndex.name).where(LiftedIndex.entity_type == entity_type)))
    dropped = [index for index in table.indexes if index.name not in passed_over]
    for index in dropped:
        (column,) = index.columns
        session.execute(DropIndex(index, if_exists=True))
        session.add(LiftedIndex(name=str(index.name), entity_type=entity_type, column_name=column.name, holder=holder))
    session.flush()
    return bool(dropped)


def lifted_by(session: Session, holder: int) -> list[str]:
    """Return the names of the indexes that a holder has dropped."""
    return list(
        session.scalars(select(LiftedIndex.name).where(LiftedIndex.holder == holder).order_by(LiftedIndex.name))
    )


def restore_index(session: Session, name: str) -> None:
    """Make an index again that was dropped, unless somebody has.

    Args:
        session: A session that writes. Writers of the entity wait until it commits, which takes a second or two for a
            million records; on SQLite all writers do.
        name: Name of the index.

    Raises:
        OperationalError: On PostgreSQL, when others did not let go of the table; the index stays dropped and noted.
    """
    connection = session.connection()
    noted = connection.execute(select(_LIFTED).where(_LIFTED.c.name == name)).one_or_none()
    if noted is None:
        return
    # as it was dropped, which another version of Tieline may declare in another way
    table = Table(noted.entity_type, MetaData(), Column(noted.column_name))
    _lock(session, table, "SHARE ROW EXCLUSIVE", _MAKE_WAIT_SECONDS)
    if connection.execute(delete(_LIFTED).where(_LIFTED.c.name == name)).rowcount:
        connection.execute(CreateIndex(Index(name, table.c[noted.column_name]), if_not_exists=True))


def restore_all(database: Database) -> None:
    """Make all indexes again that were dropped, in a database of any revision."""
    if not inspect(database.engine).has_table(_LIFTED.name):
        return
    with database.reading() as session:
        names = session.scalars(select(_LIFTED.c.name)).all()
    for name in names:
        with database.writing() as session:
            restore_index(session, name)


def _kept(session: Session, entity_type: str, kept_fields: Collection[str]) -> set[str]:
    under_way = session.scalars(
        select(RecordImport.settings).where(
            RecordImport.entity_type == entity_type,
            RecordImport.started_at.is_not(None),
            RecordImport.finished_at.is_(None),
        )
    )
    keys = {*kept_fields, *(ImportSettings.from_json(each).match for each in under_way if each)}
    return {
        index_name(entity_type, field)
        for field in entity_type_of(entity_type).fields
        if field.key in keys or field.type is CrmType.REFERENCE
    }


def _is_ours(session: Session, table: Table) -> bool:
    try:
        with session.begin_nested():
            _lock(session, table, "ACCESS EXCLUSIVE", _DROP_WAIT_SECONDS)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        return False
    return True


def _lock(session: Session, table: Table, mode: str, seconds: int) -> None:
    """Lock a table before its row of notes, in which order all do; on SQLite a writer has everything."""
    if is_on_postgresql(session):
        connection = session.connection()
        name = connection.dialect.identifier_preparer.format_table(table)
        connection.execute(text(f"SET LOCAL lock_timeout = '{seconds}s'"))
        connection.execute(text(f"LOCK TABLE {name} IN {mode} MODE"))
