"""One connection to the hostile server, byte by byte, and what a good server would have answered on it."""

import gzip
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import repeat
from time import sleep
from typing import Any

PATIENCE_SECONDS = 20.0
"""How long a connection is held that nobody closes; a test that needs it has failed."""


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Good:
    """The answer of a good server."""

    status: str
    headers: dict[str, str]
    body: bytes

    @property
    def is_stream(self) -> bool:
        return self.headers.get("Content-Type", "").startswith("application/x-ndjson")

    def sent(self, **headers: Any) -> bytes:
        """Return the whole answer; a header given as None is left out."""
        told = {"Content-Length": str(len(self.body)), **self.headers}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value is not None)
        return f"HTTP/1.1 {self.status}\r\n{lines}\r\n".encode("latin-1") + self.body

    def with_message(self, message: bytes) -> "Good":
        """Return the answer with another message; of a stream the beginning stays, so that it comes to be read."""
        if self.is_stream:
            return replace(self, body=self.body.partition(b"\n")[0] + b"\n" + message + b"\n")
        return replace(self, body=message)

    def changed(self, change: Callable[[bytes], bytes]) -> "Good":
        """Return the answer with its message changed; of a stream the one that stands behind its beginning."""
        if not self.is_stream:
            return replace(self, body=change(self.body))
        first, second, *others = self.body.split(b"\n")
        return replace(self, body=b"\n".join([first, change(second), *others]))


FRAMINGS = ("length", "chunks", "end of the connection", "gzip")


def framed(good: Good, framing: str) -> bytes:
    """Return the bytes of an answer that says in one of these ways where it ends."""
    if framing == "chunks":
        lines = good.body.splitlines(keepends=True)
        body = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in lines) + b"0\r\n\r\n"
        return replace(good, body=body).sent(Content_Length=None, Transfer_Encoding="chunked")
    if framing == "end of the connection":
        return good.sent(Content_Length=None, Connection="close")
    if framing == "gzip":
        return replace(good, body=gzip.compress(good.body)).sent(Content_Encoding="gzip")
    return good.sent()


class Line:
    """A connection that a caller has made."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._socket.settimeout(PATIENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = connected.makefile("rb")

    def request(self) -> Request | None:
        """Return the next request, or None where the caller has hung up."""
        first = self._reader.readline().decode("latin-1").split()
        if len(first) != 3:
            return None
        headers = {}
        while text := self._reader.readline().decode("latin-1").strip():
            name, _colon, value = text.partition(":")
            headers[name.lower()] = value.strip()
        body = self._reader.read(int(headers.get("content-length", 0)))
        return Request(first[0], first[1], headers, body)

    def send(self, told: bytes) -> None:
        self._socket.sendall(told)

    def send_each(self, pieces: Iterator[bytes], pause: float = 0.0) -> None:
        """Send pieces until there are no more, or until the caller has hung up."""
        for piece in pieces:
            self.send(piece)
            if pause:
                sleep(pause)

    def drip(self, piece: bytes, pause: float = 0.02) -> None:
        """Send a piece again and again until the caller hangs up."""
        self.send_each(repeat(piece, int(PATIENCE_SECONDS / pause)), pause)

    def wait(self) -> None:
        """Keep silent until the caller hangs up."""
        while self._reader.read(1):
            pass

    def end(self) -> None:
        """Say that nothing more comes; what was sent arrives."""
        self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Break the connection, without a farewell."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self._reader.close()
        self._socket.close()
