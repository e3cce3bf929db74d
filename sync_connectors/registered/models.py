"""Sync connectors: a name and a URL behind which an implementation of the connector contract answers."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from host.database import Base, JsonValue, UtcDateTime


class SyncConnector(Base):
    """One registered sync connector.

    `url` is kept byte for byte. `url_revision` rises with each change of it, so that a proof of a test on the old
    one is worth nothing. `declaration` is what the connector last said of itself, as JSON of
    `sync_connectors.registered.declaration.Declaration`; pages read it, so that a connector that is down slows nothing.
    `speaks` is what the server behind the URL last answered that it speaks, `json` or `soap`, and `probe` what was
    called for that and what came back, as JSON of `sync_connectors.probing.Probe`; both are empty for a plugin's URL.
    """

    __tablename__ = "sync_connector"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(254))
    url: Mapped[str] = mapped_column(String(1023))
    url_revision: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(default=1)
    speaks: Mapped[str] = mapped_column(String(8), default="")
    probe: Mapped[dict[str, Any] | None] = mapped_column(JsonValue)
    declaration: Mapped[dict[str, Any] | None] = mapped_column(JsonValue)
    declared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure: Mapped[str] = mapped_column(Text, default="")
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index(
            "uq_sync_connector_name_present",
            "name",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )
