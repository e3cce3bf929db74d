"""The tables of the hub's entities, made from their declarations."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

from host.crm.entity_type import EntityType
from host.crm.fields import CrmField, CrmType
from host.crm.registry import ENTITIES
from host.database import Base, ExactDecimal, JsonObject, JsonValue, UtcDateTime

ORIGIN_LENGTH = 64
ROW_KEY_LENGTH = 254


def table_of(entity_type: str) -> Table:
    """Return the table of an entity.

    Beside the columns of the standard fields it has: `id`; for each searchable text a `…_folded` column; `custom`,
    the user-defined fields in their JSON form; `version`, raised by each change; `created_…` and `updated_…`, the
    time and the origin (`user:5`, `api:5`, `import:5`, `link:3`); and `field_meta`, {field key: [version, ISO time,
    origin]} of each field that was changed after the record was made.
    """
    return _TABLES[entity_type]


def rows_table_of(entity_type: str, field_key: str) -> Table:
    """Return the table with the rows of a ROWS field.

    Beside the columns of the row's fields it has: `id`; `owner_id`, the record; `row_key`, unique within the record;
    and `position`, which puts the rows of a record in order.
    """
    return _ROWS_TABLES[entity_type, field_key]


def index_name(entity_type: str, field: CrmField) -> str:
    """Return the name of the index by which records are found by a field."""
    return f"ix_{entity_type}_{field.folded_column or field.column}"


def _declare(entity: EntityType) -> Table:
    columns: list[Column[Any]] = [Column("id", Integer, primary_key=True)]
    for field in entity.fields:
        if field.type is CrmType.ROWS:
            continue
        columns.append(_column(field))
        if field.folded_column:
            columns.append(Column(field.folded_column, _folded_type()))
    columns += [
        Column("custom", JsonValue, nullable=False),
        Column("version", Integer, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        Column("created_by", String(ORIGIN_LENGTH), nullable=False),
        Column("updated_at", UtcDateTime, nullable=False),
        Column("updated_by", String(ORIGIN_LENGTH), nullable=False),
        Column("field_meta", JsonObject),
    ]
    # without AUTOINCREMENT SQLite gives the id of the last deleted record to the next one, and with it all that
    # other systems still remember under that id
    return Table(
        entity.key,
        Base.metadata,
        *columns,
        *_indexes(entity),
        sqlite_autoincrement=True,
        info={"entity_type": entity.key},
    )


def _declare_rows(entity: EntityType, field: CrmField) -> Table:
    return Table(
        f"{entity.key}_{field.row_name}",
        Base.metadata,
        Column("id", Integer, primary_key=True),
        Column("owner_id", ForeignKey(f"{entity.key}.id", ondelete="CASCADE"), nullable=False),
        Column("row_key", String(ROW_KEY_LENGTH), nullable=False),
        Column("position", Integer, nullable=False),
        *(_column(each) for each in field.row_fields),
        UniqueConstraint("owner_id", "row_key"),
        info={"entity_type": entity.key},
    )


def _column(field: CrmField) -> Column[Any]:
    if field.type is CrmType.REFERENCE:
        return Column(field.column, ForeignKey(f"{field.references}.id"))
    return Column(field.column, _column_type(field), nullable=not field.required)


def _column_type(field: CrmField) -> TypeEngine[Any]:
    types: dict[CrmType, TypeEngine[Any]] = {
        CrmType.TEXT: String(field.max_length or None),
        CrmType.LONG_TEXT: Text(),
        CrmType.INTEGER: BigInteger(),
        CrmType.DECIMAL: ExactDecimal(),
        CrmType.BOOLEAN: Boolean(),
        CrmType.DATE: Date(),
        CrmType.DATETIME: UtcDateTime(),
        CrmType.LIST: String(254),
    }
    return types[field.type]


def _folded_type() -> TypeEngine[Any]:
    # by code point on both databases, so that a list has one order and a page's end is the next page's beginning
    return Text().with_variant(Text(collation="C"), "postgresql")


def _indexes(entity: EntityType) -> list[Index]:
    # without the id behind the value: a fresh, not yet analysed PostgreSQL table would be searched for ids through it
    named = [
        Index(index_name(entity.key, field), field.folded_column or field.column)
        for field in entity.fields
        if field.indexed
    ]
    return [*named, Index(f"ix_{entity.key}_updated_at", "updated_at")]


_TABLES = {entity.key: _declare(entity) for entity in ENTITIES}
_ROWS_TABLES = {
    (entity.key, field.key): _declare_rows(entity, field) for entity in ENTITIES for field in entity.rows_fields
}
