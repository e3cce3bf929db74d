"""What the processes of an installation tell each other through the database; untrue of a copy, so in no backup."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from host.database import Base, UtcDateTime


class Lease(Base):
    """The right to do one named thing alone, until it expires or is given back.

    `fence` rises with every new holder; a write that carries an old one is refused, so a holder that slept through
    its expiry cannot harm its successor. `call_until` is how long a call of the last holder may still be under way.
    """

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64), default="")
    fence: Mapped[int] = mapped_column(default=0)
    acquired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    call_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = {"info": {"in_backup": False}}


class WorkerProcess(Base):
    """A worker that is, or was, alive; readiness looks at its heartbeat."""

    __tablename__ = "worker_process"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    host_name: Mapped[str] = mapped_column(String(254))
    process_id: Mapped[int] = mapped_column()
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    heartbeat_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    __table_args__ = {"info": {"in_backup": False}}
