"""Asking a URL what it speaks."""

import time
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit, urlunsplit

import requests
from urllib3 import Retry

from host.outbound import OutboundSession, open_outbound_session
from host.settings import Settings
from sync_connectors.json_protocol.media import DESCRIPTOR_TYPE
from sync_connectors.json_protocol.reading import MessageError
from sync_connectors.json_protocol.token import Token
from sync_connectors.probing.attempts import FINAL, Attempt, Outcome, Probe
from sync_connectors.probing.failures import failed_attempt
from sync_connectors.probing.reading import read_answer
from sync_connectors.urls import ConnectorUrl, Protocol

LARGEST_ANSWER = 4 * 1024 * 1024
"""Bytes, unpacked; the largest WSDL in one file that we have seen has a few hundred thousand."""

_ONE_TRY = Retry(total=0, redirect=False, respect_retry_after_header=False, raise_on_status=False)
_WSDL_QUERIES = ("wsdl", "singleWsdl")


def probe(settings: Settings, url: ConnectorUrl, token: str = "", seconds: float | None = None) -> Probe:
    """Ask a URL what it speaks; each call is made once, and redirects are told instead of followed.

    Must not be called inside a transaction.

    Args:
        settings: Outbound policy, proxy and certificates.
        url: A URL that leads to a server.
        token: Access token of the connector, or empty.
        seconds: Deadline of all calls together; that of calls which a page waits for unless given.
    """
    ends_at = time.monotonic() + (settings.connector_call_seconds if seconds is None else seconds)
    with open_outbound_session(
        settings, lambda: max(0.0, ends_at - time.monotonic()), largest=LARGEST_ANSWER
    ) as session:
        for adapter in session.adapters.values():
            adapter.max_retries = _ONE_TRY  # type: ignore[attr-defined] # documented by requests, not in its types
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))  # each call asks as if it were the first
        session.headers.update(Token(token).headers())
        attempts = [_ask(session, settings, url.address, DESCRIPTOR_TYPE, token)]
        if url.protocol is Protocol.ASKED:
            for query in _WSDL_QUERIES:
                if attempts[-1].outcome in {*FINAL, Outcome.DESCRIPTOR, Outcome.WSDL, Outcome.WRONG_VERSION}:
                    break
                attempts.append(_ask(session, settings, _with_query(url.address, query), "text/xml", token))
    return Probe(tuple(attempts), datetime.now(UTC))


def _ask(session: OutboundSession, settings: Settings, address: str, accepted: str, token: str) -> Attempt:
    called = f"GET {address}"
    began = time.monotonic()
    try:
        response = session.get(address, headers={"Accept": accepted}, allow_redirects=False)
    except requests.RequestException as error:
        return failed_attempt(called, error, settings, address, time.monotonic() - began)
    try:
        Token(token).refuse_in(response.content)
    except MessageError:
        return Attempt(called, Outcome.WRONG_ANSWER, {"kind": "token", "media_type": ""})
    return read_answer(called, response)


def _with_query(address: str, query: str) -> str:
    """A WCF service describes itself only where nothing else stands in the query."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
