"""Answers that are read line by line, under the limits that hold for whole ones."""

import contextlib
import socket
from collections.abc import Callable, Sequence

import requests
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import DecodeError, HTTPError

from host.outbound.deadlines import CallDeadline
from host.outbound.errors import ResponseTooLargeError

CHUNK = 64 * 1024


class LineStream:
    """An answer whose lines come one by one; nothing of it is kept, so it may go on for as long as it likes.

    Attributes:
        response: Status and headers, and the body where it does not consist of lines.
        has_lines: Whether it does.
    """

    def __init__(
        self,
        response: requests.Response,
        media_type: str,
        sockets: Sequence[socket.socket],
        seconds: Callable[[], float],
        largest: int,
    ) -> None:
        self.response = response
        self.has_lines = has_lines(response, media_type)
        self._raw: BaseHTTPResponse = response.raw
        self._sockets = sockets
        self._seconds = seconds
        self._largest = largest
        self._rest = b""
        self._ended = not self.has_lines

    def next_line(self) -> bytes | None:
        """Return the next line without its break, or None at the end; what stands behind the last break is no line.

        Raises:
            CallDeadlineError: The line did not come in time.
            ResponseTooLargeError: The line, unpacked, is larger than an answer may be.
            requests.RequestException: The connection broke, or what came cannot be unpacked.
        """
        if self._ended:
            return None
        try:
            with CallDeadline(self._seconds()) as deadline:
                for used in self._sockets:
                    deadline.watch(used)
                    with contextlib.suppress(OSError):  # an answer that is read to its end may have closed it
                        used.settimeout(None)  # what the first line left would end this one, and as a broken connection
                return self._read_line(deadline)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give up what has not been read; a connection whose answer was read to its end goes on being used."""
        if not self._ended:
            self._ended = True
            self.response.close()

    def _read_line(self, deadline: CallDeadline) -> bytes | None:
        parts: list[bytes] = []
        size = 0
        chunk = self._rest
        while True:
            place = chunk.find(b"\n")
            parts.append(chunk if place < 0 else chunk[:place])
            size += len(parts[-1])
            if size > self._largest:
                parts.clear()  # the error lives on, and with it what this function holds
                raise ResponseTooLargeError(f"a line of the answer is larger than {self._largest // 2**20} MiB")
            if place >= 0:
                self._rest = chunk[place + 1 :]
                return b"".join(parts)
            chunk = self._read_chunk(deadline)
            if not chunk:
                deadline.check()  # a connection that is cut at the deadline may look like the end of the answer
                self._ended = True
                self._raw.release_conn()
                return None

    def _read_chunk(self, deadline: CallDeadline) -> bytes:
        try:
            chunk = self._raw.read1(CHUNK, decode_content=True)
        except DecodeError as error:
            raise requests.exceptions.ContentDecodingError("the answer cannot be unpacked") from error
        except (HTTPError, OSError, ValueError) as error:
            deadline.check()
            raise requests.ConnectionError("the connection broke off within the answer") from error
        deadline.check()
        return chunk


def has_lines(response: requests.Response, media_type: str) -> bool:
    """Return whether an answer is one of lines, and a good one."""
    given = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return response.status_code == requests.codes.ok and given == media_type
