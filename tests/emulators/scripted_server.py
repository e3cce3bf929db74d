"""A server that answers one request after the other with what a test has written down for it."""

import gzip
import json
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass
class Told:
    """One answer. `parts` are sent chunk by chunk; an answer that `breaks` ends without its last chunk."""

    parts: list[bytes] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    breaks: bool = False
    until: threading.Event | None = None
    """Waited for before the last part."""


@dataclass
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: Any
    body: bytes
    peer: tuple[str, int]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def message(json_: Any, status: int = 200, **headers: str) -> Told:
    """Return an answer that holds one JSON message."""
    told = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Told([json.dumps(json_).encode()], status, told)


def lines(*parts: bytes, breaks: bool = False, packed: bool = False) -> Told:
    """Return an answer of lines."""
    headers = {"Content-Type": "application/x-ndjson"}
    if packed:
        headers["Content-Encoding"] = "gzip"
        parts = (gzip.compress(b"".join(parts)),)
    return Told(list(parts), headers=headers, breaks=breaks)


class ScriptedServer:
    """Listens on a port of 127.0.0.1 until the end of its `with` block.

    Attributes:
        script: The answers that are still to be given; after them every request is answered with 500.
        asked: The requests, in order.
    """

    def __init__(self, *script: Told) -> None:
        self.script = list(script)
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.owner = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        owner = self.server.owner
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        owner.asked.append(Asked(self.command, self.path, self.headers, body, self.client_address))
        told = owner.script.pop(0) if owner.script else Told(status=500)
        with suppress(OSError):
            self._answer(told)

    do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815 - names that the base class calls

    def _answer(self, told: Told) -> None:
        self.send_response(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for place, part in enumerate(told.parts):
            if told.until and place == len(told.parts) - 1:
                told.until.wait(60)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.flush()
        if told.breaks:
            self.close_connection = True
            self.connection.close()
        else:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_arguments: object) -> None:
        pass
