"""What a link's ERP declares, cached, and how the administrator mapped it to the hub."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from erp_links.links.models import ErpLink
from host.database import Base, JsonValue, UtcDateTime


class Unpaired(StrEnum):
    """What a run does with a record that has no pairing."""

    IGNORE = "ignore"
    PAIR = "pair"
    CREATE = "create"


class LinkActorType(Base):
    """One actor type of a link: the declaration (JSON of `sync_connectors.ActorType`), its mapping and its watermark.

    `match_fields` are hub field keys whose equality pairs an unpaired actor with an entity. `full_read_due` says why
    everything has to be read from the ERP again, `full_push_due` why everything of the hub has to be looked at again.
    `list_state` holds digests of the lists and their tables as they were when the last run began.
    """

    __tablename__ = "link_actor_type"

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("erp_link.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(64))
    rank: Mapped[int] = mapped_column(default=0)
    declaration: Mapped[dict[str, Any]] = mapped_column(JsonValue)
    active: Mapped[bool] = mapped_column(default=False)
    entity_type: Mapped[str] = mapped_column(String(32), default="")
    unpaired_pull: Mapped[str] = mapped_column(String(10), default=Unpaired.IGNORE.value)
    unpaired_push: Mapped[str] = mapped_column(String(10), default=Unpaired.IGNORE.value)
    match_fields: Mapped[list[str]] = mapped_column(JsonValue, default=list)
    missing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    watermark: Mapped[str | None] = mapped_column(Text)
    watermark_moved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    full_read_due: Mapped[str | None] = mapped_column(String(64))
    full_push_due: Mapped[str | None] = mapped_column(String(64))
    deletions_watermark: Mapped[str | None] = mapped_column(Text)
    list_state: Mapped[dict[str, str]] = mapped_column(JsonValue, default=dict)
    version: Mapped[int] = mapped_column(default=1)

    link: Mapped[ErpLink] = relationship()
    fields: Mapped[list["LinkField"]] = relationship(
        back_populates="actor_type", cascade="all, delete-orphan", order_by="LinkField.rank"
    )

    __table_args__ = (UniqueConstraint("link_id", "name"),)


class LinkField(Base):
    """One ERP field of an actor type: the declaration (JSON of `sync_connectors.Field`) and its field mapping.

    `crm_field` null means not mapped. `transforms` is a chain per direction, {"to_crm": [...], "to_erp": [...]}. For a
    field of rows `row_columns` maps its columns, {key of the ERP's column: key of the hub's}.
    """

    __tablename__ = "link_field"

    id: Mapped[int] = mapped_column(primary_key=True)
    actor_type_id: Mapped[int] = mapped_column(ForeignKey("link_actor_type.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(254))
    rank: Mapped[int] = mapped_column(default=0)
    declaration: Mapped[dict[str, Any]] = mapped_column(JsonValue)
    searchable: Mapped[bool] = mapped_column(default=False)
    missing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    crm_field: Mapped[str | None] = mapped_column(String(64))
    proposed: Mapped[bool] = mapped_column(default=False)
    to_crm: Mapped[bool] = mapped_column(default=False)
    to_erp: Mapped[bool] = mapped_column(default=False)
    show_on_tab: Mapped[bool] = mapped_column(default=False)
    show_in_search: Mapped[bool] = mapped_column(default=False)
    update_rule: Mapped[str] = mapped_column(String(20), default="always")
    row_columns: Mapped[dict[str, str]] = mapped_column(JsonValue, default=dict)
    transforms: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)
    policy: Mapped[str] = mapped_column(String(20), default="priority")

    actor_type: Mapped[LinkActorType] = relationship(back_populates="fields")

    __table_args__ = (UniqueConstraint("actor_type_id", "key"),)


class ListMapping(Base):
    """A look-up table between a list of a link's ERP and a list of the hub, shared by all fields that use the two.

    Without an entry, an item goes to the one with the equal key; where there is none it is skipped and counted.
    """

    __tablename__ = "link_list_mapping"

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("erp_link.id", ondelete="CASCADE"))
    erp_list: Mapped[str] = mapped_column(String(254))
    crm_list: Mapped[str] = mapped_column(ForeignKey("crm_list.key", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(default=1)

    items: Mapped[list["ListMappingItem"]] = relationship(
        back_populates="table", cascade="all, delete-orphan", order_by="ListMappingItem.id"
    )

    __table_args__ = (UniqueConstraint("link_id", "erp_list", "crm_list"),)


class ListMappingItem(Base):
    """One pair of a look-up table; each item stands in it once at most, on either side (spec 2.10)."""

    __tablename__ = "link_list_mapping_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    table_id: Mapped[int] = mapped_column(ForeignKey("link_list_mapping.id", ondelete="CASCADE"))
    erp_key: Mapped[str] = mapped_column(String(254))
    crm_key: Mapped[str] = mapped_column(String(254))

    table: Mapped[ListMapping] = relationship(back_populates="items")

    __table_args__ = (UniqueConstraint("table_id", "erp_key"), UniqueConstraint("table_id", "crm_key"))
