"""What an answer is, judged by its content: servers label theirs as they like."""

from http import HTTPStatus
from xml.parsers import expat

import requests

from host.logs.redaction import redacted
from sync_connectors.json_protocol.descriptor import Descriptor
from sync_connectors.json_protocol.media import PROTOCOL, PROTOCOL_VERSION
from sync_connectors.json_protocol.reading import MessageError, decode
from sync_connectors.probing.attempts import Attempt, Details, Outcome

_WSDL_ROOTS = frozenset({"http://schemas.xmlsoap.org/wsdl/ definitions", "http://www.w3.org/ns/wsdl description"})
_LONGEST_QUOTE = 300
_BEARER_STATUS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


def read_answer(called: str, response: requests.Response) -> Attempt:
    """Return what came back in answer to a call."""
    status = response.status_code
    if 300 <= status < 400:
        return Attempt(called, Outcome.REDIRECTED, {"status": status, "to": _quoted(response.headers.get("Location"))})
    if status >= 400:
        details: Details = {"status": status, "phrase": _phrase(status)}
        if status in _BEARER_STATUS:
            details = {**details, "token_sent": "Authorization" in response.request.headers}
        return Attempt(called, Outcome.STATUS, details)
    body = response.content
    told: Details = {"media_type": _quoted(response.headers.get("Content-Type")), "bytes": len(body), "status": status}
    root = _root_of(body)
    if root in _WSDL_ROOTS:
        return Attempt(called, Outcome.WSDL, told)
    if root is not None:
        kind = "html" if root.rpartition(" ")[2].lower() == "html" else "xml"
        return Attempt(called, Outcome.WRONG_ANSWER, {**told, "kind": kind})
    return _read_json(called, body, told)


def _read_json(called: str, body: bytes, told: Details) -> Attempt:
    try:
        message = decode(body)
    except MessageError:
        return Attempt(called, Outcome.WRONG_ANSWER, {**told, "kind": _kind_of(body)})
    if message.get("protocol") != PROTOCOL:
        return Attempt(called, Outcome.WRONG_ANSWER, {**told, "kind": "json"})
    version = message.get("protocol_version")
    if version != PROTOCOL_VERSION:
        return Attempt(called, Outcome.WRONG_VERSION, {"version": _quoted(str(version)), "known": PROTOCOL_VERSION})
    try:
        descriptor = Descriptor.from_json(message)
    except MessageError as error:
        return Attempt(called, Outcome.WRONG_ANSWER, {**told, "kind": "descriptor", "fault": str(error)})
    return Attempt(called, Outcome.DESCRIPTOR, {"label": _quoted(descriptor.label)})


def _root_of(body: bytes) -> str | None:
    """Return namespace and name of the root element of XML, and None for anything else; nothing behind it is read."""
    found: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")

    def refuse(*_declaration: object) -> None:
        raise _NotLookedAtError

    def take(name: str, _attributes: object) -> None:
        found.append(name)
        raise _RootFoundError

    # an entity can only be declared in a DOCTYPE, so with that refused none is ever expanded
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = take
    try:
        parser.Parse(body, True)
    except _RootFoundError:
        return found[0]
    except (_NotLookedAtError, expat.ExpatError, ValueError, LookupError):
        return None
    return None


def _kind_of(body: bytes) -> str:
    begin = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not body:
        return "empty"
    if begin.startswith((b"<!doctype html", b"<html")):
        return "html"
    return "xml" if begin.startswith(b"<?xml") else "other"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _quoted(text: str | None) -> str:
    """Return what a server said of itself, short and without what could break a line, or a token that it repeats."""
    return redacted("".join(letter if letter.isprintable() else " " for letter in (text or "")))[:_LONGEST_QUOTE]


class _RootFoundError(Exception):
    """Ends the parsing at the root element."""


class _NotLookedAtError(Exception):
    """Ends the parsing at a DOCTYPE."""
