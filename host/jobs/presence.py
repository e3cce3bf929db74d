"""The row by which a worker shows that it is alive."""

import os
import socket
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from host.jobs.clock import clock_of, read_clock
from host.jobs.models import WorkerProcess

BEAT_SECONDS = 5.0
SILENT_SECONDS = 30.0
_FORGOTTEN_AFTER = timedelta(days=1)


def appear(session: Session, worker_id: str) -> None:
    """Enter a worker of this process, and forget those that have been silent for a day."""
    now = read_clock(session)
    session.execute(delete(WorkerProcess).where(WorkerProcess.heartbeat_at < now - _FORGOTTEN_AFTER))
    session.add(
        WorkerProcess(
            id=worker_id,
            host_name=socket.gethostname()[:254],
            process_id=os.getpid(),
            started_at=now,
            heartbeat_at=now,
        )
    )


def beat(session: Session, worker_id: str) -> None:
    """Say that the worker is alive."""
    session.execute(update(WorkerProcess).where(WorkerProcess.id == worker_id).values(heartbeat_at=clock_of(session)))


def disappear(session: Session, worker_id: str) -> None:
    """Take the worker off the list."""
    session.execute(delete(WorkerProcess).where(WorkerProcess.id == worker_id))


def last_beat(session: Session) -> datetime | None:
    """Return when any worker was last heard of, or None if there is none."""
    return session.scalars(
        select(WorkerProcess.heartbeat_at).order_by(WorkerProcess.heartbeat_at.desc()).limit(1)
    ).one_or_none()


def is_working(session: Session) -> bool:
    """Say whether at least one worker is alive; readiness and the overview of syncs show it."""
    heard = last_beat(session)
    return heard is not None and read_clock(session) - heard <= timedelta(seconds=SILENT_SECONDS)
