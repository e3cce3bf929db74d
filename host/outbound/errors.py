"""What ends an outbound call before an answer is there; all are errors of `requests`, so that plugins know them."""

import requests


class OutboundError(requests.RequestException):
    """Root of the errors that the host itself raises. Messages name hosts, never paths, queries or headers."""


class AddressRefusedError(OutboundError, requests.ConnectionError):
    """The address must not be called from here; the message names the setting that would allow it, if one can.

    Attributes:
        addresses: To what the host's name leads.
        setting: The setting that would allow it, or empty.
    """

    def __init__(self, text: str, addresses: tuple[str, ...] = (), setting: str = "") -> None:
        super().__init__(text)
        self.addresses = addresses
        self.setting = setting


class RefusedAddress(Exception):  # noqa: N818 - a signal within this package, turned into the error above
    """Carries a refusal through urllib3, which would take any OSError, as errors of requests are, for a broken line."""

    def __init__(self, text: str, addresses: tuple[str, ...] = (), setting: str = "") -> None:
        super().__init__(text)
        self.refusal = AddressRefusedError(text, addresses, setting)


class CallDeadlineError(OutboundError, requests.Timeout):
    """The call as a whole, with redirects, retries and the body, took longer than it may."""


class ResponseTooLargeError(OutboundError):
    """The answer, unpacked, is larger than it may be."""
