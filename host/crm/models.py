"""Tables of the CRM hub that are the same for every entity: lists, user-defined fields, external ids, imports."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from host.database import Base, JsonValue, UtcDateTime


class CrmList(Base):
    """A list that fields choose from, such as country or payment terms. `key` never changes."""

    __tablename__ = "crm_list"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(254))
    version: Mapped[int] = mapped_column(default=1)


class CrmListItem(Base):
    """One item of a list. Records store `key`, which never changes; `name` may."""

    __tablename__ = "crm_list_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    list_key: Mapped[str] = mapped_column(ForeignKey("crm_list.key", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(254))
    rank: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (UniqueConstraint("list_key", "key"),)


class CustomField(Base):
    """A field that an administrator added to an entity.

    Its row stays after deletion, so that a key is never given to another field whose old values would reappear.
    """

    __tablename__ = "custom_field"

    id: Mapped[int] = mapped_column(primary_key=True)
    entity_type: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(254))
    description: Mapped[str] = mapped_column(String(1023), default="")
    type: Mapped[str] = mapped_column(String(20))
    list_key: Mapped[str | None] = mapped_column(ForeignKey("crm_list.key"))
    max_length: Mapped[int] = mapped_column(default=0)
    searchable: Mapped[bool] = mapped_column(default=False)
    rank: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("entity_type", "key"),)


class ExternalId(Base):
    """What another system calls a record: (entity type, source, external id) is unique."""

    __tablename__ = "external_id"

    id: Mapped[int] = mapped_column(primary_key=True)
    entity_type: Mapped[str] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(String(64))
    external_id: Mapped[str] = mapped_column(String(254))
    entity_id: Mapped[int] = mapped_column()

    __table_args__ = (
        UniqueConstraint("entity_type", "source", "external_id"),
        Index("ix_external_id_entity", "entity_type", "entity_id"),
    )


class Subscription(Base):
    """Somebody who wants to be told of changed records, such as `link:3`; only the subscriber knows what it means.

    `fields` are the keys of the fields that count, user-defined ones included; null means all. A change whose origin
    is the subscriber itself is not told.
    """

    __tablename__ = "hub_subscription"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber: Mapped[str] = mapped_column(String(64))
    entity_type: Mapped[str] = mapped_column(String(32))
    fields: Mapped[list[str] | None] = mapped_column(JsonValue)

    __table_args__ = (UniqueConstraint("subscriber", "entity_type"),)


class OutboxEntry(Base):
    """A changed record that a subscriber has not taken note of yet, written in the transaction of the change.

    `version` is that of the record after the change: an entry is deleted only where it is not newer than the one that
    was read. `fields` is {field key: true}, the union of what changed since; empty where the whole record is meant.
    """

    __tablename__ = "hub_outbox"

    subscriber: Mapped[str] = mapped_column(String(64), primary_key=True)
    entity_type: Mapped[str] = mapped_column(String(32), primary_key=True)
    entity_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column()
    fields: Mapped[dict[str, bool]] = mapped_column(JsonValue, default=dict)
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LiftedIndex(Base):
    """An index of an entity's table that is dropped while `holder` fills the entity, and is to be made again.

    The number of the holder has a meaning only to whoever dropped it. Table and column are those that the index is made
    of again.
    """

    __tablename__ = "lifted_index"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    entity_type: Mapped[str] = mapped_column(String(32))
    column_name: Mapped[str] = mapped_column(String(64))
    holder: Mapped[int] = mapped_column()


class RecordImport(Base):
    """An import of a CSV file, from the upload to its result.

    The file lies in the data folder under `token` until the import ends or expires. `settings` is the JSON of
    `host.crm.importing.settings.ImportSettings`; null until columns were assigned. `next_row` is how far it has come:
    it moves in the transaction that writes the rows before it, so that a broken-off import goes on without doubling
    any. `counts` is {outcome: rows}; `problems` holds the first refused rows as [row number, [texts]].
    """

    __tablename__ = "record_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    entity_type: Mapped[str] = mapped_column(String(32))
    filename: Mapped[str] = mapped_column(String(254))
    settings: Mapped[dict[str, Any] | None] = mapped_column(JsonValue)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    total_rows: Mapped[int] = mapped_column(default=0)
    next_row: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, int]] = mapped_column(JsonValue, default=dict)
    problems: Mapped[list[Any]] = mapped_column(JsonValue, default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
