"""A run as its page tells of it: how far it is, how fast, and what it means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask_babel import format_datetime, ngettext
from flask_babel import gettext as _

from erp_links.sync.failures import Direction
from erp_links.sync.models import Outcome, Pass, Run, RunMode, RunStatus
from erp_links.sync.requesting import Cause
from erp_links.sync.views.pass_view import PassView, clock, pass_view, read_of
from host.web.formats import number

_TAG_KINDS = {
    Outcome.SUCCESS.value: "ok",
    Outcome.PARTIAL.value: "warn",
    Outcome.ABORTED.value: "warn",
    Outcome.FAILED.value: "bad",
}

_WRITTEN = ("created", "paired", "changed")
_TO_ERP = "erp_"


@dataclass(frozen=True, slots=True)
class RunView:
    """A run at one moment.

    Attributes:
        present: The pass that is under way, or None.
        seconds: How long it has worked; 0 while it waits.
        rate: Records per second, or None before there is anything to measure.
        seconds_left: An estimate for the present pass, where the ERP says how many records it has.
    """

    run: Run
    present: Pass | None
    actor_labels: Mapping[str, str]
    seconds: float
    rate: float | None
    seconds_left: float | None

    @property
    def is_finished(self) -> bool:
        """Whether nothing will change any more."""
        return self.run.status == RunStatus.FINISHED

    @property
    def tie(self) -> str:
        """The state as the line between the two dots shows it."""
        if not self.is_finished:
            return "running"
        return "broken" if self.run.outcome == Outcome.FAILED else "on"

    @property
    def tag_kind(self) -> str:
        """The kind of the tag with the outcome."""
        return _TAG_KINDS.get(self.run.outcome or "", "")

    @property
    def outcome(self) -> str:
        """The outcome in words, or where the run is."""
        return outcome_word(self.run)

    @property
    def cause(self) -> str:
        """What started the run, in words."""
        words: dict[str, str] = {
            Cause.PERSON.value: _("started by hand"),
            Cause.SCHEDULE.value: _("started by schedule"),
            Cause.API.value: _("started over the API"),
            Cause.COMMAND.value: _("started by a command"),
        }
        return words.get(self.run.cause, "")

    @property
    def is_preview(self) -> bool:
        """Whether it only finds out what a full read would do."""
        return self.run.mode == RunMode.PREVIEW

    @property
    def title(self) -> str:
        """What the page is called."""
        moment = format_datetime(self.run.started_at or self.run.requested_at, "short")
        if self.is_preview:
            return str(_("Preview of %(time)s", time=moment))
        if self.run.mode == RunMode.SYNC:
            return str(_("Sync of %(time)s", time=moment))
        return str(_("Resync of %(time)s", time=moment))

    @property
    def mode(self) -> str:
        """What a resync or a preview does, in words; empty for an ordinary sync."""
        if self.is_preview:
            label = self.actor_labels.get(self.run.actor_type or "", self.run.actor_type)
            return str(_("Reads everything of %(label)s and writes nothing", label=label))
        words: dict[str, str] = {
            RunMode.RESYNC_FROM_CRM.value: _("The CRM wins in every mapped field"),
            RunMode.RESYNC_FROM_ERP.value: _("The ERP wins in every mapped field"),
        }
        said = words.get(self.run.mode, "")
        if said and self.run.keep_blanks:
            said += ", " + _("blanks overwrite nothing")
        if said and self.run.scope is not None:
            count = len(self.run.scope)
            said += ", " + ngettext("for %(num)d chosen record", "for %(num)d chosen records", count)
        return said

    @property
    def writes_to_erp(self) -> bool:
        """Whether it has been on the way to the ERP, or is going to."""
        if self.run.mode == RunMode.RESYNC_FROM_CRM:
            return True
        if any(name.startswith(_TO_ERP) for name in self.run.counts):
            return True
        return any(each.direction == Direction.PUSH for each in self.run.passes)

    @property
    def written(self) -> int:
        """How many records of the CRM were created, paired or changed."""
        return 0 if self.is_preview else sum(self.run.counts.get(name, 0) for name in _WRITTEN)

    @property
    def is_revertible(self) -> bool:
        """Whether it has ended, and wrote something that may be taken back."""
        return self.is_finished and bool(self.written)

    @property
    def erp_written(self) -> int:
        """How many records of the ERP were."""
        return sum(self.run.counts.get(f"{_TO_ERP}{name}", 0) for name in _WRITTEN)

    @property
    def failed(self) -> int:
        """How many records failed, both ways."""
        if self.is_preview:
            return 0
        return self.run.counts.get("failed", 0) + self.run.counts.get(f"{_TO_ERP}failed", 0)

    @property
    def passes(self) -> Sequence[PassView]:
        """Its passes, in their order."""
        return [
            pass_view(each, label, to_erp=self._is_to_erp(each), run_ended=self.is_finished)
            for each in self.run.passes
            for label in [self.actor_labels.get(each.actor_type, each.actor_type)]
        ]

    @property
    def duration(self) -> str:
        """How long it has worked, as a clock shows it; a short one in seconds."""
        return clock(self.seconds)

    @property
    def done(self) -> int:
        """How many records of the present pass it has looked at."""
        return read_of(self.present) if self.present else 0

    @property
    def done_words(self) -> str:
        """How far the present pass is."""
        if self.present is None:
            return ""
        done, total = number(self.done), self.present.total
        if total:
            return str(
                _("%(done)s of %(total)s %(records)s", done=done, total=number(total), records=self.present_label)
            )
        return str(_("%(done)s %(records)s", done=done, records=self.present_label))

    @property
    def present_way(self) -> str:
        """Which way the present pass goes."""
        if self.present is None:
            return ""
        return str(_("CRM to ERP") if self._is_to_erp(self.present) else _("ERP to CRM"))

    @property
    def left(self) -> str:
        """The estimate of the time that is left, in words; empty where there is none."""
        if self.seconds_left is None:
            return ""
        if self.seconds_left < 45:
            return str(_("less than a minute left"))
        minutes = round(self.seconds_left / 60) or 1
        return str(ngettext("about %(num)d minute left", "about %(num)d minutes left", minutes))

    @property
    def present_label(self) -> str:
        """What the ERP calls the records of the present pass."""
        return self.actor_labels.get(self.present.actor_type, self.present.actor_type) if self.present else ""

    def _is_to_erp(self, each: Pass) -> bool:
        return each.direction == Direction.PUSH or self.run.mode == RunMode.RESYNC_FROM_CRM


def view_of(run: Run, actor_labels: Mapping[str, str], now: datetime | None = None) -> RunView:
    """Return how a run looks now."""
    now = now or datetime.now(UTC)
    seconds = max(0.0, ((run.finished_at or now) - run.started_at).total_seconds()) if run.started_at else 0.0
    read = run.counts.get("read", 0) + run.counts.get("erp_read", 0)
    rate = read / seconds if read and seconds >= 1 else None
    present = next((each for each in run.passes if each.finished_at is None), None)
    if run.status == RunStatus.FINISHED:
        present = None
    left = None
    if present is not None and present.total and rate:
        left = max(0, present.total - read_of(present)) / rate
    return RunView(run, present, actor_labels, seconds, rate, left)


def outcome_word(run: Run) -> str:
    """Return how a run ended, in a word, or where it is."""
    words: dict[str, str] = {
        Outcome.SUCCESS.value: _("Success"),
        Outcome.PARTIAL.value: _("Partial"),
        Outcome.ABORTED.value: _("Aborted"),
        Outcome.FAILED.value: _("Failed"),
        RunStatus.QUEUED.value: _("Waiting for a worker"),
        RunStatus.RUNNING.value: _("Running"),
    }
    return words.get(run.outcome or run.status, run.status)
