"""Words of the page of a trace."""

from flask_babel import gettext as _
from flask_babel import ngettext

from erp_links.tracing.operations import TraceState

_HOUR = 60


def duration_words(minutes: int) -> str:
    """Return a duration in hours where it is a whole number of them."""
    if minutes % _HOUR == 0:
        return str(ngettext("%(num)d hour", "%(num)d hours", minutes // _HOUR))
    return str(ngettext("%(num)d minute", "%(num)d minutes", minutes))


def state_words(state: TraceState) -> str:
    """Return where a trace stands."""
    words: dict[TraceState, str] = {
        TraceState.NONE: _("off"),
        TraceState.ON: _("on"),
        TraceState.STOPPED: _("off, stopped by an administrator"),
        TraceState.EXPIRED: _("off, its time is over"),
        TraceState.FULL: _("off, it was full"),
    }
    return words[state]
