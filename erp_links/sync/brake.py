"""The brake: a run stops before it changes more of one side's paired records than anybody would expect."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink
from erp_links.sync.models import Pairing, PairingState
from erp_links.sync.permit import RunEndedError
from host.database import Database

_FORESIGHT = 10
"""Enough is counted for so many times as many records, so that a run which changes more and more counts seldom."""


class BrakeError(RunEndedError):
    """The run would have changed too much; what it wrote before stays, and a person looks at it."""


class Allowance:
    """How many of a link's records one run may change: a share of those that are paired, by this run too.

    They are counted only as far as it matters, because to count all of a large link takes longer than a run does that
    changes little.

    Attributes:
        limit: What is certainly allowed; all that is, where `covers` has just said no.
    """

    def __init__(self, database: Database, link: ErpLink) -> None:
        self._database = database
        self._link_id = link.id
        self._percent = link.brake_percent
        self._least = self.limit = link.brake_least

    def covers(self, changed: int) -> bool:
        """Whether so many records may change."""
        if changed > self.limit:
            self._count(changed)
        return changed <= self.limit

    def _count(self, changed: int) -> None:
        enough = ceil(_FORESIGHT * changed * 100 / self._percent)
        paired = (
            select(Pairing.id)
            .where(Pairing.link_id == self._link_id, Pairing.state == PairingState.PAIRED.value)
            .limit(enough)
        )
        with self._database.reading() as session:
            counted = session.scalar(select(func.count()).select_from(paired.subquery())) or 0
        self.limit = max(self._least, counted * self._percent // 100)


class Brake:
    """Counts the paired records of one side that a run changes. Usable from several threads."""

    def __init__(self, allowance: Allowance | None, changed: int = 0) -> None:
        """Take how many records may change (None: any number), and how many the run has changed already."""
        self._allowance = allowance
        self._changed = changed
        self._lock = threading.Lock()

    def take(self, records: int) -> None:
        """Note that this many more records are about to be changed.

        Raises:
            BrakeError: That would be too many; none of them is counted, and none may be written.
        """
        with self._lock:
            changed = self._changed + records
            if records and self._allowance is not None and not self._allowance.covers(changed):
                raise BrakeError(
                    _(
                        "stopped before it changed %(count)s records; more than %(limit)s are not expected in one run",
                        count=changed,
                        limit=self._allowance.limit,
                    )
                )
            self._changed = changed


@dataclass(frozen=True, slots=True)
class Brakes:
    """The brakes of a run, one for each side that it writes to."""

    hub: Brake
    erp: Brake


def read_brakes(
    database: Database, session: Session, link_id: int, counts: Mapping[str, int], *, lifted: bool, expects_writes: bool
) -> Brakes:
    """Return the brakes of a run.

    Args:
        database: Where they count what is paired.
        session: A session.
        link_id: The link.
        counts: What the run has done so far, where an earlier worker began it.
        lifted: Whether people know that much will change: a resync, or an approved repetition.
        expects_writes: Whether they know it of the ERP only; of the hub, each pass knows for itself.
    """
    if lifted:
        return Brakes(Brake(None), Brake(None))
    link = session.get_one(ErpLink, link_id)
    return Brakes(
        Brake(Allowance(database, link), counts.get("changed", 0)),
        Brake(None if expects_writes else Allowance(database, link), counts.get("erp_changed", 0)),
    )
