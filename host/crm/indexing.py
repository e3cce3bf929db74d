"""Indexes by which records are found, made when somebody begins to find records so.

Each index costs every import of many records, and most installations find records by few fields. So a declaration has
an index only where nearly everybody needs it (`CrmField.indexed`), and the others come with the choice of a field.
"""

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.orm import Session

from host.crm.expressions import comparable_expression
from host.crm.fields import CrmField, CrmType
from host.crm.registry import fields_of
from host.crm.tables import index_name, table_of

INDEXABLE_LENGTH = 500


def ensure_found_by(session: Session, entity_type: str, field_keys: Iterable[str]) -> None:
    """Have an index made for each of these fields that has none; what a list has no field for is passed over.

    Args:
        session: A session that writes; on PostgreSQL writers of the entity wait until it commits.
        entity_type: Key of the entity.
        field_keys: Keys of the fields.
    """
    fields = fields_of(session, entity_type)
    for key in field_keys:
        if key in fields and is_indexable(fields[key]):
            make_index(session, entity_type, fields[key])


def make_index(session: Session, entity_type: str, field: CrmField) -> None:
    """Make the index by which records are found by a field, unless it is there."""
    connection = session.connection()
    table = table_of(entity_type).name
    expression = str(comparable_expression(entity_type, field).compile(dialect=connection.dialect))
    unqualified = expression.replace(f"{table}.", "")
    indexed = f"({unqualified})" if field.custom or (not field.folded_column and field.is_text) else unqualified
    connection.execute(text(f"CREATE INDEX IF NOT EXISTS {index_name(entity_type, field)} ON {table} ({indexed})"))


def drop_index(session: Session, entity_type: str, field: CrmField) -> None:
    """Drop the index by which records are found by a field, if there is one."""
    session.connection().execute(text(f"DROP INDEX IF EXISTS {index_name(entity_type, field)}"))


def is_indexable(field: CrmField) -> bool:
    """Whether no value of the field is too long: PostgreSQL refuses rows with an index entry of a third of a page."""
    match field.type:
        case CrmType.ROWS | CrmType.LONG_TEXT:
            return False
        case CrmType.TEXT:
            return 0 < field.max_length <= INDEXABLE_LENGTH
        case _:
            return True
