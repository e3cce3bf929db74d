"""What every part of a run works with, from its begin to its end."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from erp_links.runtime import LinkRuntime
from erp_links.sync.brake import Brakes
from erp_links.sync.models import Outcome, RunMode
from erp_links.sync.outcomes import Ending
from erp_links.sync.permit import RunPermit, ShutDownError
from erp_links.sync.push.covering import Covering
from host.database import Database
from sync_connectors import LinkSession, Notice, NoticeLevel

Reached = Callable[[str], None]
"""Told the name of each point that a run passes; tests kill the process there."""


class RunWarnings:
    """What the connector warned of during a run, shown where nothing worse happened.

    Attributes:
        is_conclusive: False when an answer came with a warning and nothing else: then nothing is known (spec C-24).
    """

    _MOST = 5

    def __init__(self) -> None:
        self._texts: list[str] = []
        self.is_conclusive = True

    def note(self, notices: Iterable[Notice]) -> bool:
        """Note the warnings among what came beside an answer, each once, and return whether there was one."""
        texts = dict.fromkeys(notice.text for notice in notices if notice.level is NoticeLevel.WARNING)
        self._texts.extend(text for text in texts if text not in self._texts)
        return bool(texts)

    def concludes(self, notices: Iterable[Notice], *, has_records: bool) -> bool:
        """Note the warnings beside an answer, and return whether it says anything: not with a warning and no record."""
        if self.note(notices) and not has_records:
            self.is_conclusive = False
            return False
        return True

    @property
    def ending(self) -> Ending:
        """How a run ends in which nothing worse happened."""
        outcome = Outcome.SUCCESS if self.is_conclusive else Outcome.PARTIAL
        return Ending(outcome, "; ".join(self._texts[: self._MOST]))


@dataclass(frozen=True, slots=True)
class RunInHand:
    """One run under way.

    Attributes:
        link_session: The session of the run's own thread.
        covering: Keeps the lease for calls that change something in the ERP.
        counts: Of the whole run so far.
        stopping: Set when the worker is to stop; what is in hand is finished.
        scope: Ids of the pairings that a resync is about; None means all.
    """

    runtime: LinkRuntime
    permit: RunPermit
    covering: Covering
    link_session: LinkSession
    counts: Counter[str]
    stopping: threading.Event
    reached: Reached
    brakes: Brakes
    mode: RunMode = RunMode.SYNC
    keep_blanks: bool = False
    scope: tuple[int, ...] | None = None
    warnings: RunWarnings = field(default_factory=RunWarnings)

    @property
    def database(self) -> Database:
        """The database of the process."""
        return self.runtime.database

    def go_on(self) -> None:
        """Return unless the worker stops.

        Raises:
            ShutDownError: It does; the run goes back to the queue.
        """
        if self.stopping.is_set():
            raise ShutDownError("the worker stops")
