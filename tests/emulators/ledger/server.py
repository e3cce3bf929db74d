"""Ledger over HTTP: `POST /api/<call>` for connectors, `/control/…` for whoever makes it misbehave.

    POST /api/changes    {"link": …, "table": "Customer", …}      Authorization: Bearer <token>
    POST /control/faults {"kind": "lost", "calls": ["create"], "times": 1}
    DELETE /control/faults
    POST /control/records {"table": "Customer", "key": "C1", "values": {"NAME": "Alfa"}}
    DELETE /control/records {"table": "Customer", "key": "C1"}
    POST /control/clock  {"seconds": -3600}
    POST /control/rules  {"table": "Customer", "column": "NAME", "steps": ["upper"]}
    GET /control/state   the records by table and key, and the counts of all calls

Connectors ask everything with POST, which nobody on the way repeats by itself: so each fault meets the call that it is
meant for.
"""

import json
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.emulators.ledger.desk import Desk, DroppedError, GarbledError, StatusError


class LedgerServer(ThreadingHTTPServer):
    """Serves one desk on a port of the loopback address."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, desk: Desk, port: int = 0) -> None:
        self.desk = desk
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of callers that went away."""

    def hang_up(self) -> None:
        """Close all connections, as a server that is gone does."""
        for request in list(self._open):
            try:
                request.shutdown(socket.SHUT_RDWR)
            except OSError:  # it went away by itself
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body leave in one piece
    disable_nagle_algorithm = True
    server: LedgerServer

    def do_POST(self) -> None:
        body = self._body()
        if self.path.startswith("/control/"):
            self._send(200, _controlled(self.server.desk, self.path.removeprefix("/control/"), body))
            return
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            answer = self.server.desk.answer(self.path.removeprefix("/api/"), body, token)
        except DroppedError:
            self.close_connection = True
        except GarbledError:
            self._write(200, b'{"records": [{"key": "C1", ', {})
        except StatusError as error:
            self._send(error.status, error.body, error.headers)
        else:
            self._send(200, answer)

    def do_DELETE(self) -> None:
        body = self._body()
        desk = self.server.desk
        if self.path == "/control/records":
            desk.books.remove(body["table"], body["key"])
        else:
            desk.faults.off(body.get("kind", ""))
        self._send(200, {})

    def do_GET(self) -> None:
        desk = self.server.desk
        with desk.books.lock:
            records = {
                table: {key: {**record.values, "parent": record.parent} for key, record in held.items()}
                for table, held in desk.books.tables.items()
            }
        self._send(200, {"records": records, "calls": desk.counts()})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the base class gives it
        """Keep the terminal quiet."""

    def _body(self) -> dict[str, Any]:
        length = int(self.headers.get("Content-Length") or 0)
        read: dict[str, Any] = json.loads(self.rfile.read(length)) if length else {}
        return read

    def _send(self, status: int, answer: Any, headers: dict[str, str] | None = None) -> None:
        self._write(status, json.dumps(answer).encode(), headers or {})

    def _write(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _controlled(desk: Desk, what: str, body: dict[str, Any]) -> dict[str, Any]:
    match what:
        case "faults":
            desk.faults.on(body.pop("kind"), **body)
        case "records":
            desk.books.put(body["table"], body["key"], body["values"], body.get("parent"), late=body.get("late", 0))
        case "clock":
            desk.books.clock.move(body["seconds"])
        case "rules":
            desk.rules[body["table"], body["column"]] = body["steps"]
    return {}
