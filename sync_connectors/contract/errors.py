"""Errors by what the host does about them; it reacts by class and never by text.

`docs/plugins/errors.md` holds the table of effects, and a test compares it with the classes here.
"""

from collections.abc import Mapping


class ConnectorError(Exception):
    """Root of what a connector raises.

    Args:
        text: What happened, in the ERP's words, for people. Never a secret.
        instruction: What to do next, for people.
        technical: For the log and the technical details only, in English. Never a secret.
    """

    effect = "the call ends; a run of this link fails and the next one starts as scheduled"

    def __init__(self, text: str, *, instruction: str = "", technical: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.instruction = instruction
        self.technical = technical


class ConfigurationError(ConnectorError):
    """The configuration cannot work: a missing file, an unknown company, a value the ERP does not accept.

    Args:
        fields: What is wrong, by configuration field key.
    """

    effect = "a test shows it beside the fields; a run of this link fails and says to mend the configuration"

    def __init__(
        self, text: str, *, fields: Mapping[str, str] | None = None, instruction: str = "", technical: str = ""
    ) -> None:
        super().__init__(text, instruction=instruction, technical=technical)
        self.fields = dict(fields or {})


class AuthenticationError(ConfigurationError):
    """The ERP refused the credentials; trying again with the same ones is useless and may lock the account."""

    effect = "a test shows it beside the fields; a run fails and the link is paused until its secrets pass the gate"


class UnavailableError(ConnectorError):
    """The ERP cannot be reached or is closed; the same call may work later.

    Args:
        unsent: Whether the ERP certainly never got the request, as when it refused the connection. Otherwise a write
            may have been done although its answer was lost, and is looked up before it is repeated.
    """

    effect = "the run ends as aborted, keeps what it did, and the link backs off before the next one"

    def __init__(self, text: str, *, unsent: bool = False, instruction: str = "", technical: str = "") -> None:
        super().__init__(text, instruction=instruction, technical=technical)
        self.unsent = unsent


class RateLimitedError(UnavailableError):
    """The ERP asked us to wait.

    Args:
        retry_after: Seconds from now; None when the ERP did not say.
    """

    effect = "the run ends as aborted, keeps what it did, and the link waits as long as told"

    def __init__(
        self, text: str, *, retry_after: float | None = None, instruction: str = "", technical: str = ""
    ) -> None:
        super().__init__(text, unsent=True, instruction=instruction, technical=technical)
        self.retry_after = retry_after


class RejectedRecordError(ConnectorError):
    """The ERP refused this record, and others may pass.

    Args:
        field: Key of the offending field, where known.
    """

    effect = "the record is kept among the failed records and the run goes on, ending as partial"

    def __init__(self, text: str, *, field: str = "", instruction: str = "", technical: str = "") -> None:
        super().__init__(text, instruction=instruction, technical=technical)
        self.field = field


class ProtocolError(ConnectorError):
    """The connector broke the contract: garbage, wrong types, duplicate keys, an exception of its own."""

    effect = "the run fails, keeps what it did, and names the connector as the one to mend"


class UnknownLinkError(ConnectorError):
    """The connector does not know the link's GUID (`UNKNOWN_CONNECTION_ID`, spec 4.2)."""

    effect = "the host saves the link at the connector again and repeats the call once"
