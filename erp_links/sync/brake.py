"""The brake: a run stops before it changes more of one side's paired records than anybody would expect."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink
from erp_links.sync.models import Pairing, PairingState
from erp_links.sync.permit import RunEndedError


class BrakeError(RunEndedError):
    """The run would have changed too much; what it wrote before stays, and a person looks at it."""


class Brake:
    """Counts the paired records of one side that a run changes. Usable from several threads."""

    def __init__(self, limit: int | None, changed: int = 0) -> None:
        """Take the most records that may change (None: any number), and how many the run has changed already."""
        self._limit = limit
        self._changed = changed
        self._lock = threading.Lock()

    def take(self, records: int) -> None:
        """Note that this many more records are about to be changed.

        Raises:
            BrakeError: That would be too many; none of them is counted, and none may be written.
        """
        with self._lock:
            if records and self._limit is not None and self._changed + records > self._limit:
                raise BrakeError(
                    _(
                        "stopped before it changed %(count)s records; more than %(limit)s are not expected in one run",
                        count=self._changed + records,
                        limit=self._limit,
                    )
                )
            self._changed += records


@dataclass(frozen=True, slots=True)
class Brakes:
    """The brakes of a run, one for each side that it writes to."""

    hub: Brake
    erp: Brake


def read_brakes(session: Session, link_id: int, counts: Mapping[str, int], *, lifted: bool) -> Brakes:
    """Return the brakes of a run.

    Args:
        session: A session.
        link_id: The link.
        counts: What the run has done so far, where an earlier worker began it.
        lifted: Whether people know that much will change: a resync, an announced full read, an approved repetition.
    """
    if lifted:
        return Brakes(Brake(None), Brake(None))
    link = session.get_one(ErpLink, link_id)
    paired = session.scalar(
        select(func.count()).where(Pairing.link_id == link_id, Pairing.state == PairingState.PAIRED.value)
    )
    limit = max(link.brake_least, (paired or 0) * link.brake_percent // 100)
    return Brakes(Brake(limit, counts.get("changed", 0)), Brake(limit, counts.get("erp_changed", 0)))
