"""The line to Ledger: one call over HTTP, and what its answer means to the host."""

from typing import Any

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from sync_connectors import (
    AuthenticationError,
    Configuration,
    ProtocolError,
    RateLimitedError,
    RejectedRecordError,
    Services,
    UnavailableError,
    UnknownLinkError,
)


class Line:
    """Calls Ledger on behalf of one link."""

    def __init__(self, configuration: Configuration, services: Services, guid: str = "") -> None:
        self._address = str(configuration["Address"])
        self._headers = {"Authorization": f"Bearer {configuration.get('Token') or ''}"}
        self._services = services
        self._guid = guid

    def call(self, name: str, table: str = "", /, **asked: Any) -> dict[str, Any]:
        """Return the answer to one call.

        Raises:
            UnavailableError: No usable answer came; `unsent` where Ledger never got the call.
            RateLimitedError: Ledger asks to wait.
            AuthenticationError: It refused the token.
            UnknownLinkError: It does not know the link.
            ProtocolError: The cursor has expired.
            RejectedRecordError: It refused the record.
        """
        body = {"link": self._guid, "table": table, **asked}
        try:
            answer = self._services.http.post(f"{self._address}/api/{name}", json=body, headers=self._headers)
        except requests.ConnectionError as error:
            unsent = _was_refused(error)
            words = "Ledger refuses connections" if unsent else "the line to Ledger broke"
            raise UnavailableError(words, unsent=unsent, technical=str(error)) from error
        except requests.RequestException as error:
            raise UnavailableError("Ledger gave no complete answer", technical=str(error)) from error
        try:
            told: dict[str, Any] = answer.json()
        except ValueError as error:
            # a write may have been done all the same
            raise UnavailableError("the answer of Ledger cannot be read", technical=str(error)) from error
        if answer.status_code != 200:
            raise _meaning(answer, str(told.get("code", "")), str(told.get("text", "")))
        return told


def _was_refused(error: requests.ConnectionError) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _meaning(answer: requests.Response, code: str, text: str) -> Exception:
    error: Exception = ProtocolError(text, technical=f"HTTP {answer.status_code}")
    match answer.status_code, code:
        case 401, _:
            error = AuthenticationError(text, fields={"Token": text})
        case 404, "unknown_link":
            error = UnknownLinkError(text)
        case 422, _:
            error = RejectedRecordError(text, field=answer.headers.get("X-Column", ""))
        case 429, _:
            wait = answer.headers.get("Retry-After", "")
            error = RateLimitedError(text, retry_after=float(wait) if wait else None)
        case status, _ if status >= 500:
            error = UnavailableError(text, technical=f"HTTP {status}")
    return error
