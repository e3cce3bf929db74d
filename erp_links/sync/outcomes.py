"""How a run ends, and what the end means for its link."""

from dataclasses import dataclass

from flask_babel import gettext as _

from erp_links.links.models import PauseReason
from erp_links.sync.models import Outcome
from sync_connectors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    RateLimitedError,
    RejectedRecordError,
    UnavailableError,
)

_SEVERITY = {Outcome.SUCCESS: 0, Outcome.PARTIAL: 1, Outcome.ABORTED: 2, Outcome.FAILED: 3}


def escalated(present: Outcome, other: Outcome) -> Outcome:
    """Return the graver of two outcomes; an outcome never gets better during a run."""
    return max(present, other, key=_SEVERITY.__getitem__)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended, in words.

    Attributes:
        error_class: Name of the connector's error class, for filters; empty where none was raised.
        pause: Why the link rests from now on, or None.
        wait_seconds: How long the next run waits at least; None leaves it to back-off or schedule.
    """

    outcome: Outcome
    message: str = ""
    instruction: str = ""
    technical: str = ""
    error_class: str = ""
    pause: PauseReason | None = None
    wait_seconds: float | None = None


def ending_of(error: ConnectorError) -> Ending:
    """Return the end of a run that an error of the connector stopped, as `ConnectorError.effect` describes it."""
    outcome, pause, wait_seconds, instruction = Outcome.FAILED, None, None, ""
    match error:
        case AuthenticationError():
            pause = PauseReason.AUTHENTICATION
            instruction = _("enter the secrets of the link again and test it")
        case ConfigurationError():
            instruction = _("mend the configuration of the link and test it")
        case RateLimitedError():
            outcome, wait_seconds = Outcome.ABORTED, error.retry_after
            instruction = _("nothing to do, the next run waits as long as the ERP asked")
        case UnavailableError():
            outcome = Outcome.ABORTED
            instruction = _("nothing to do, the next run goes on where this one stopped")
        case RejectedRecordError():
            outcome = Outcome.PARTIAL
        case _:
            instruction = _("tell whoever maintains the connector, with the technical details")
    return Ending(
        outcome=outcome,
        message=error.text,
        instruction=error.instruction or instruction,
        technical=error.technical,
        error_class=type(error).__name__,
        pause=pause,
        wait_seconds=wait_seconds,
    )
