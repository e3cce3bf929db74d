"""Tables of traces. They are in no backup: they hold what passed by, and lose their meaning in a copy."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from erp_links.tracing.bounds import KEPT_FOR
from host.database import Base, UtcDateTime


class LinkTrace(Base):
    """The one trace of a link, on until `until` unless `ended_at` says that it ended before; removed at `kept_until`.

    `calls` and `size` (bytes) are what its calls add up to. `lost` calls could not be written, and are in no other
    count. `is_full` says that it ended because it held as much as a trace may.
    """

    __tablename__ = "link_trace"

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("erp_link.id", ondelete="CASCADE"), unique=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    kept_until: Mapped[datetime] = mapped_column(UtcDateTime)
    is_full: Mapped[bool] = mapped_column(default=False)
    calls: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)

    __table_args__ = {"info": {"in_backup": False}}

    def end(self, at: datetime) -> None:
        """Let no call in that ends later, and keep the trace for a while from then."""
        self.ended_at, self.kept_until = at, at + KEPT_FOR


class TracedCall(Base):
    """One call of a trace: the line of JSON that is downloaded, without secrets."""

    __tablename__ = "link_trace_call"

    id: Mapped[int] = mapped_column(primary_key=True)
    trace_id: Mapped[int] = mapped_column(ForeignKey("link_trace.id", ondelete="CASCADE"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    line: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        Index("ix_link_trace_call_place", "trace_id", "started_at", "id"),
        {"info": {"in_backup": False}},
    )
