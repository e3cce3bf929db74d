"""The body of a request, read within limits: whatever breaks one of them is refused before anything looks at it."""

import zlib
from typing import Any

from sync_connectors.json_protocol.media import LARGEST_MESSAGE, MESSAGE_TYPE
from sync_connectors.json_protocol.reading import MessageError, decode

_GZIP = 16 + zlib.MAX_WBITS


class BodyError(Exception):
    """The body of a request is refused.

    Attributes:
        status: HTTP status of the answer.
    """

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


def read_body(raw: bytes, content_type: str, encoding: str) -> dict[str, Any]:
    """Return the JSON object of a request.

    Args:
        raw: As it came.
        content_type: Its media type, without parameters.
        encoding: The header `Content-Encoding`, empty where it is missing.

    Raises:
        BodyError: It is not JSON, not an object, too large, nested too deeply, or says one thing twice.
    """
    if content_type != MESSAGE_TYPE:
        raise BodyError(f"the body has to be of the media type {MESSAGE_TYPE}", 415)
    text = _unpacked(raw, encoding)
    try:
        return decode(text)
    except MessageError as error:
        raise BodyError(f"the body is refused: {error}") from None


def _unpacked(raw: bytes, encoding: str) -> bytes:
    if encoding in {"", "identity"}:
        text = raw
    elif encoding == "gzip":
        decoder = zlib.decompressobj(_GZIP)
        try:
            text = decoder.decompress(raw, LARGEST_MESSAGE + 1)
        except zlib.error as error:
            raise BodyError("the body is no valid gzip") from error
        if len(text) <= LARGEST_MESSAGE and (not decoder.eof or decoder.unused_data):
            raise BodyError("the body is no valid gzip")
    else:
        raise BodyError("the body is encoded in another way than gzip", 415)
    if len(text) > LARGEST_MESSAGE:
        raise BodyError(f"the body has more than {LARGEST_MESSAGE // 2**20} MiB", 413)
    return text
