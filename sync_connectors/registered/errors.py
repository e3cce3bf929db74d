"""What can be wrong with a connector that is registered."""

from flask_babel import gettext as _

from host.errors import InvalidInputError
from sync_connectors.probing import Probe, summary, words_of


class UnansweredError(InvalidInputError):
    """No connector that Tieline can use answered behind a URL; whoever confirms that saves it all the same.

    Attributes:
        probe: What was called, and what came back.
    """

    code = "unanswered"

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        super().__init__(
            {"url": [f"{one.called}: {words_of(one)}" for one in probe.attempts]},
            summary(probe),
            _("mend it, or confirm that it is to be saved although nothing usable answers"),
        )
