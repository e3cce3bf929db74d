"""A run as its page tells of it: how far it is, how fast, and what it means."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _

from erp_links.sync.models import Outcome, Pass, Run, RunStatus
from erp_links.sync.requesting import Cause

_TAG_KINDS = {
    Outcome.SUCCESS.value: "ok",
    Outcome.PARTIAL.value: "warn",
    Outcome.ABORTED.value: "warn",
    Outcome.FAILED.value: "bad",
}


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
    def duration(self) -> str:
        """How long it has worked, as a clock shows it; a short one in seconds."""
        if self.seconds < 10:
            return str(_("%(seconds)s s", seconds=format_decimal(round(self.seconds, 1))))
        minutes, seconds = divmod(int(self.seconds), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"

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


def view_of(run: Run, actor_labels: Mapping[str, str], now: datetime | None = None) -> RunView:
    """Return how a run looks now."""
    now = now or datetime.now(UTC)
    seconds = max(0.0, ((run.finished_at or now) - run.started_at).total_seconds()) if run.started_at else 0.0
    read = run.counts.get("read", 0)
    rate = read / seconds if read and seconds >= 1 else None
    present = next((each for each in run.passes if each.finished_at is None), None)
    if run.status == RunStatus.FINISHED:
        present = None
    left = None
    if present is not None and present.total and rate:
        left = max(0, present.total - present.counts.get("read", 0)) / rate
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
