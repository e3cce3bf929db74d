"""ERP links: a sync connector with configuration, visibility and state; one company in an ERP."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from host.database import Base, JsonValue, UtcDateTime
from sync_connectors.registered.models import SyncConnector


class LinkState(StrEnum):
    """Draft until mapped, then inactive and active in turn; deleted links keep their row."""

    DRAFT = "draft"
    INACTIVE = "inactive"
    ACTIVE = "active"
    DELETED = "deleted"


class PauseReason(StrEnum):
    """Why an active link rests; lies over the state and leaves it."""

    ADMINISTRATOR = "administrator"
    AUTHENTICATION = "authentication"
    BRAKE = "brake"
    URL_CHANGED = "url_changed"
    PLUGIN_MISSING = "plugin_missing"
    RESTORED_COPY = "restored_copy"
    KEY_LOST = "key_lost"


class Visibility(StrEnum):
    """Who may see a link. Selected with nobody selected means nobody."""

    ALL = "all"
    SELECTED = "selected"


class ErpLink(Base):
    """One ERP link. The connector knows it by `guid` only.

    `configuration` holds the values that are not secret, in canonical text form; secrets lie in the `secret` table
    under the owner `erp_link:<id>`. `automatic` and `interval_seconds` override the installation's when not null. A
    run stops before it changes more than `brake_percent` of the paired records, and at least `brake_least` of them.
    `brake_lifted` says that an administrator has looked at what it stopped: until a run ends well there is no brake.
    """

    __tablename__ = "erp_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    guid: Mapped[str] = mapped_column(String(36), unique=True)
    name: Mapped[str] = mapped_column(String(254))
    description: Mapped[str] = mapped_column(Text, default="")
    connector_id: Mapped[int] = mapped_column(ForeignKey("sync_connector.id"), index=True)
    state: Mapped[str] = mapped_column(String(20), default=LinkState.DRAFT.value)
    paused_reason: Mapped[str | None] = mapped_column(String(32))
    paused_detail: Mapped[str] = mapped_column(Text, default="")
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    visibility: Mapped[str] = mapped_column(String(20))
    configuration: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)
    erp_time_zone: Mapped[str] = mapped_column(String(64), default="")
    automatic: Mapped[bool | None] = mapped_column()
    interval_seconds: Mapped[int | None] = mapped_column()
    brake_percent: Mapped[int] = mapped_column(default=30)
    brake_least: Mapped[int] = mapped_column(default=20)
    brake_lifted: Mapped[bool] = mapped_column(default=False)
    next_run_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tested_plugin: Mapped[str] = mapped_column(String(254), default="")
    tested_url_revision: Mapped[int] = mapped_column(default=0)
    declared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    connector: Mapped[SyncConnector] = relationship()
    access: Mapped[list["LinkAccess"]] = relationship(back_populates="link", cascade="all, delete-orphan")

    __table_args__ = (
        Index(
            "uq_erp_link_name_present",
            "name",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )


class LinkAccess(Base):
    """One selected user or group of a link, with what they may do beside seeing it."""

    __tablename__ = "erp_link_access"

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("erp_link.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("user_group.id", ondelete="CASCADE"), index=True)
    may_connect: Mapped[bool] = mapped_column(default=False)
    may_create: Mapped[bool] = mapped_column(default=False)

    link: Mapped[ErpLink] = relationship(back_populates="access")

    __table_args__ = (
        CheckConstraint("(user_id IS NULL) <> (group_id IS NULL)", name="one_principal"),
        Index(
            "uq_erp_link_access_user",
            "link_id",
            "user_id",
            unique=True,
            sqlite_where=text("user_id IS NOT NULL"),
            postgresql_where=text("user_id IS NOT NULL"),
        ),
        Index(
            "uq_erp_link_access_group",
            "link_id",
            "group_id",
            unique=True,
            sqlite_where=text("group_id IS NOT NULL"),
            postgresql_where=text("group_id IS NOT NULL"),
        ),
    )


class TestProof(Base):
    """One test of a configuration; once it has passed, worth one save by the same administrator of the same values.

    The row is made before the connector is called, so that counting rows limits tests. Until the test has passed
    `digest` is empty. A `user_id` of null is the command line.
    """

    __tablename__ = "test_proof"
    __test__ = False  # pytest would take the name for a test class

    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    guid: Mapped[str] = mapped_column(String(36))
    plugin: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    consumed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SyncSettings(Base):
    """The one row of what holds for all links: automatic sync and its interval."""

    __tablename__ = "sync_settings"

    id: Mapped[int] = mapped_column(primary_key=True)
    automatic: Mapped[bool] = mapped_column(default=False)
    interval_seconds: Mapped[int] = mapped_column(default=300)
    version: Mapped[int] = mapped_column(default=1)


class SyncPriority(Base):
    """The ordered list of who wins; `link_id` null stands for the CRM (id 0 in the original)."""

    __tablename__ = "sync_priority"

    position: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("erp_link.id", ondelete="CASCADE"), unique=True)
