"""Why a call got no answer, told by the classes of the errors and never by their texts."""

import errno
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import LocationParseError, NameResolutionError, ReadTimeoutError
from urllib3.exceptions import ProxyError as PoolProxyError

from host.outbound import (
    AddressRefusedError,
    CallDeadlineError,
    ResponseTooLargeError,
    presented_certificate,
)
from host.settings import Settings
from sync_connectors.probing.attempts import Attempt, Details, Outcome

_CERTIFICATE_SECONDS = 5.0
_NO_TLS = "WRONG_VERSION_NUMBER"
_UNREACHABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})

_OUTCOMES: tuple[tuple[tuple[type[BaseException], ...], Outcome], ...] = (
    ((AddressRefusedError,), Outcome.ADDRESS_REFUSED),
    ((ResponseTooLargeError,), Outcome.TOO_LARGE),
    ((CallDeadlineError, requests.Timeout), Outcome.TIMED_OUT),
    ((requests.exceptions.ContentDecodingError,), Outcome.WRONG_ANSWER),
)
_OUTCOMES_OF_CAUSES: tuple[tuple[tuple[type[BaseException], ...], Outcome], ...] = (
    ((ReadTimeoutError,), Outcome.TIMED_OUT),
    ((requests.exceptions.ProxyError, PoolProxyError), Outcome.PROXY),
    ((NameResolutionError, socket.gaierror, LocationParseError), Outcome.NAME_NOT_FOUND),
)


def failed_attempt(
    called: str, error: requests.RequestException, settings: Settings, address: str, seconds: float
) -> Attempt:
    """Return what became of a call that raised.

    Args:
        called: Method and address.
        error: What the outbound session raised.
        settings: For the look at a certificate that was refused.
        address: Where the call went.
        seconds: How long it took.
    """
    chain = list(_causes(error))
    parts = urlsplit(address)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme.lower() == "https" else 80)
    details: dict[str, str | int | float | bool] = {"host": host, "port": port}
    fault = next((one for one in chain if isinstance(one, ssl.SSLError)), None)
    outcome = _outcome_of(error, chain, fault)
    if isinstance(error, AddressRefusedError):
        details |= {"addresses": ", ".join(error.addresses), "setting": error.setting}
    elif outcome is Outcome.TIMED_OUT:
        details["seconds"] = round(seconds, 1)
    elif outcome is Outcome.WRONG_ANSWER:
        details = {"kind": "packed", "media_type": ""}
    elif outcome is Outcome.TLS and fault is not None:
        details.update(_tls_details(fault, settings, host, port))
    return Attempt(called, outcome, details)


def _outcome_of(error: requests.RequestException, chain: list[BaseException], fault: ssl.SSLError | None) -> Outcome:
    for classes, outcome in _OUTCOMES:
        if _has([error], *classes):
            return outcome
    for classes, outcome in _OUTCOMES_OF_CAUSES:
        if _has(chain, *classes):
            return outcome
    return Outcome.TLS if fault is not None else _outcome_of_line(chain)


def _outcome_of_line(chain: list[BaseException]) -> Outcome:
    numbers = {one.errno for one in chain if isinstance(one, OSError)}
    if errno.ECONNREFUSED in numbers:
        return Outcome.REFUSED
    return Outcome.UNREACHABLE if numbers & _UNREACHABLE else Outcome.BROKEN


def _tls_details(fault: ssl.SSLError, settings: Settings, host: str, port: int) -> Details:
    if fault.reason == _NO_TLS:
        return {"reason": "", "plain": True}
    if not isinstance(fault, ssl.SSLCertVerificationError):
        return {"reason": (fault.reason or "").replace("_", " ").lower()}
    told: Details = {"reason": fault.verify_message, "code": fault.verify_code}
    certificate = presented_certificate(settings, host, port, _CERTIFICATE_SECONDS)
    if certificate is None:
        return told
    return {**told, "until": certificate.until.isoformat(), "subject": certificate.subject}


def _has(chain: list[BaseException], *classes: type[BaseException]) -> bool:
    return any(isinstance(one, classes) for one in chain)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that led to it; requests and urllib3 keep causes also in `args` and `reason`."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
