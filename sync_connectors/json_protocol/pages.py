"""The lines of a stream: a beginning, one line for each page, and an end or an error.

A stream that has neither end nor error as its last line broke off, and its last whole page says where to go on.
"""

from collections.abc import Mapping
from typing import Any

from sync_connectors.contract.answers import Deletions, Page
from sync_connectors.contract.errors import ConnectorError
from sync_connectors.json_protocol.errors import error_from_json, error_to_json
from sync_connectors.json_protocol.media import Stream
from sync_connectors.json_protocol.messages import notices_from_json, outcome_to_json, rejections_from_json
from sync_connectors.json_protocol.reading import (
    MessageError,
    decode,
    encode,
    read_object,
    read_optional_text,
    read_texts,
)
from sync_connectors.json_protocol.records import records_from_json, records_to_json

END = None
"""What `read_line` returns for the last line."""


def beginning(stream: Stream) -> bytes:
    """Return the first line, with its line break; likewise below."""
    return encode({"stream": stream.value}) + b"\n"


def page_line(page: Page | Deletions) -> bytes:
    """Return the line of a page.

    Raises:
        ValueError: A value of it has no JSON form.
    """
    told = {"resume": page.resume, "watermark": page.watermark}
    if isinstance(page, Page):
        json = {"records": records_to_json(page.actors)} | outcome_to_json(page.rejections, page.notices)
        told["total"] = page.total  # type: ignore[assignment] # a number among texts
    else:
        json = {"keys": list(page.keys)}
    return encode({"page": json | {name: value for name, value in told.items() if value is not None}}) + b"\n"


def end_line() -> bytes:
    """Return the last line of a stream that is whole."""
    return encode({"end": True}) + b"\n"


def error_line(error: ConnectorError) -> bytes:
    """Return the last line of a stream that ends with an error."""
    return encode(error_to_json(error)) + b"\n"


def check_beginning(stream: Stream, line: bytes) -> None:
    """Do nothing if the first line is the one of this stream.

    Raises:
        MessageError: It is another.
    """
    if decode(line).get("stream") != stream:
        raise MessageError(f"it does not begin as a stream of {stream}")


def read_line(stream: Stream, line: bytes) -> Page | Deletions | None:
    """Return the page of a line, or `END`.

    Raises:
        ConnectorError: The line tells this error.
        MessageError: It is no line of the protocol.
    """
    message = decode(line)
    if "error" in message:
        raise error_from_json(message)
    if message.get("end") is True:
        return END
    page = read_object(message.get("page"), "a page")
    return _page(page) if stream is Stream.CHANGES else _deletions(page)


def _page(json: Mapping[str, Any]) -> Page:
    total = json.get("total")
    if total is not None and type(total) is not int:
        raise MessageError("total is no whole number")
    return Page(
        records_from_json(json.get("records")),
        read_optional_text(json.get("resume"), "resume"),
        read_optional_text(json.get("watermark"), "watermark"),
        total,
        notices_from_json(json),
        rejections_from_json(json),
    )


def _deletions(json: Mapping[str, Any]) -> Deletions:
    return Deletions(
        tuple(read_texts(json.get("keys"), "keys")),
        read_optional_text(json.get("resume"), "resume"),
        read_optional_text(json.get("watermark"), "watermark"),
    )
