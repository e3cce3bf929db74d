"""What the API keeps to answer a repeated create with the first answer."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from host.database import Base, JsonValue, UtcDateTime


class IdempotencyKey(Base):
    """One create that a client may repeat without making a second thing.

    `digest` is a keyed hash of what was sent, never the text, which may hold a secret. While the first request is under
    way `status` is null.
    """

    __tablename__ = "idempotency_key"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None] = mapped_column()
    headers: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)
    body: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
