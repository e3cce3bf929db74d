"""One pass of a run as the page of the run tells of it."""

from dataclasses import dataclass

from flask_babel import format_decimal
from flask_babel import gettext as _

from erp_links.sync.failures import Direction
from erp_links.sync.models import Pass

_WRITTEN = ("created", "paired", "changed")


@dataclass(frozen=True, slots=True)
class PassView:
    """One pass of a run.

    Attributes:
        label: What the ERP calls the records.
        state: Where it is, in words.
        read: Records that it has looked at; `written` those of them that were created, paired or changed.
        duration: How long it took; empty while it is open.
    """

    label: str
    to_erp: bool
    state: str
    read: int
    written: int
    total: int | None
    duration: str


def pass_view(each: Pass, label: str, *, to_erp: bool, run_ended: bool) -> PassView:
    """Return how a pass looks now; `label` is what the ERP calls its records."""
    seconds = (each.finished_at - each.started_at).total_seconds() if each.finished_at else None
    state = _("ended") if each.finished_at else _("goes on with the next run") if run_ended else _("under way")
    if each.full_read:
        state = _("%(state)s, reads everything", state=state)
    return PassView(
        label=label,
        to_erp=to_erp,
        state=state,
        read=read_of(each),
        written=sum(_count(each, name) for name in _WRITTEN),
        total=each.total,
        duration="" if seconds is None else clock(max(0.0, seconds)),
    )


def clock(seconds: float) -> str:
    """Return a span of time as a clock shows it; a short one in seconds."""
    if seconds < 10:
        return str(_("%(seconds)s s", seconds=format_decimal(round(seconds, 1))))
    minutes, seconds_left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds_left:02}" if hours else f"{minutes:02}:{seconds_left:02}"


def read_of(each: Pass) -> int:
    """Return how many records a pass has looked at."""
    return _count(each, "read")


def _count(each: Pass, name: str) -> int:
    """Return a count of the way that the pass goes; one that goes both ways has either."""
    if each.direction == Direction.PULL:
        return each.counts.get(name, 0)
    return each.counts.get(f"erp_{name}", 0) or each.counts.get(name, 0)
