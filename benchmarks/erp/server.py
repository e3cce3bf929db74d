"""The server of the benchmark's ERP: `python -m benchmarks.erp.server RECORDS`, which prints its port.

    GET  /customers?since=0&after=0&size=500   a page of what changed behind `since`, in the order of the keys
    POST /customers/read   {"keys": [...]}
    POST /customers/save   {"records": [{"key": ..., "values": {...}}]}
    POST /control          {"changed": true, "latency": 0.02} sets the state anew and clears the statistics
    GET  /statistics

Pages are serialised before they are asked for, so that the server is not what is measured.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from benchmarks.customers import changes, key_of, values_of

PAGE_SIZE = 500
MOST_KEPT = 250_000
"""With more records the pages are made when they are asked for; what they are then used for is no matter of time."""


class Customers:
    """What the ERP holds. A record is (time of its change, values), times counting from 1."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.clock = 1
        self._newer: dict[int, tuple[int, dict[str, Any]]] = {}
        self._pages: dict[bool, list[bytes]] = {False: [], True: []}
        self._lock = threading.Lock()
        self._is_changed = False
        if count <= MOST_KEPT:
            self.begin_anew(changed=True)
            self._pages[True] = [self._page(start) for start in range(0, count, PAGE_SIZE)]
            self.begin_anew(changed=False)
            self._pages[False] = [self._page(start) for start in range(0, count, PAGE_SIZE)]

    def begin_anew(self, *, changed: bool) -> None:
        """Forget what was saved; with `changed` one in a hundred differs from the beginning."""
        self._is_changed = changed
        self.clock = 2 if changed else 1
        self._newer = (
            {number: (2, values_of(number, changed=True)) for number in range(self.count) if changes(number)}
            if changed
            else {}
        )

    def page(self, since: int, after: int) -> bytes:
        """Return a page of everything (`since` 0), or of what is newer than `since`."""
        if since == 0:
            kept = self._pages[self._is_changed]
            return kept[after // PAGE_SIZE] if kept else self._page(after)
        newer = sorted(number for number, (changed_at, _values) in self._newer.items() if changed_at > since)
        part = newer[after : after + PAGE_SIZE]
        return self._serialised(part, after + len(part), len(newer))

    def read(self, keys: list[str]) -> bytes:
        """Return the records with these keys."""
        return _json({"records": [self._record(int(key[1:])) for key in keys]})

    def save(self, records: list[dict[str, Any]]) -> bytes:
        """Change records and return them."""
        numbers = []
        with self._lock:
            self.clock += 1
            for record in records:
                number = int(record["key"][1:])
                _changed_at, values = self._known(number)
                self._newer[number] = (self.clock, values | record["values"])
                numbers.append(number)
        return _json({"records": [self._record(number) for number in numbers]})

    def _page(self, after: int) -> bytes:
        end = min(after + PAGE_SIZE, self.count)
        return self._serialised(range(after, end), end, self.count)

    def _serialised(self, numbers: Any, end: int, total: int) -> bytes:
        return _json(
            {
                "records": [self._record(number) for number in numbers],
                "next": end if end < total else None,
                "watermark": self.clock,
                "total": total,
            }
        )

    def _record(self, number: int) -> dict[str, Any]:
        changed_at, values = self._known(number)
        return {"key": key_of(number), "changed": changed_at, "values": values}

    def _known(self, number: int) -> tuple[int, dict[str, Any]]:
        return self._newer.get(number) or (1, values_of(number))


class Server(ThreadingHTTPServer):
    """Serves customers and counts what is asked."""

    daemon_threads = True

    def __init__(self, customers: Customers) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.customers = customers
        self.latency = 0.0
        self.requests: dict[str, int] = {}
        self.most_parallel = 0
        self.busy = 0
        self.lock = threading.Lock()

    def control(self, order: Mapping[str, Any]) -> bytes:
        """Set the state of the ERP and its latency, and begin to count anew."""
        self.customers.begin_anew(changed=order["changed"])
        self.latency = order["latency"]
        self.requests, self.most_parallel = {}, 0
        return b"{}"

    def statistics(self) -> bytes:
        """Return what was asked since the last order, and the processor time of this process."""
        return _json({"requests": self.requests, "parallel": self.most_parallel, "cpu_seconds": time.process_time()})


class Handler(BaseHTTPRequestHandler):
    """Answers one connection, kept alive."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def do_GET(self) -> None:
        """Answer a page or the statistics."""
        parts = urlsplit(self.path)
        if parts.path == "/statistics":
            self._answer(self.server.statistics())
            return
        asked = dict(parse_qsl(parts.query))
        self._work(lambda: self.server.customers.page(int(asked["since"]), int(asked["after"])))

    def do_POST(self) -> None:
        """Answer reading by key, saving and control."""
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        customers = self.server.customers
        match self.path:
            case "/control":
                self._answer(self.server.control(sent))
            case "/customers/read":
                self._work(lambda: customers.read(sent["keys"]))
            case "/customers/save":
                self._work(lambda: customers.save(sent["records"]))

    def log_message(self, *told: object) -> None:
        """Stay silent."""

    def _work(self, answer: Callable[[], bytes]) -> None:
        server = self.server
        with server.lock:
            path = urlsplit(self.path).path
            server.requests[path] = server.requests.get(path, 0) + 1
            server.busy += 1
            server.most_parallel = max(server.most_parallel, server.busy)
        began = time.monotonic()
        body = answer()
        time.sleep(max(0.0, server.latency - (time.monotonic() - began)))
        with server.lock:
            server.busy -= 1
        self._answer(body)

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def main() -> None:
    """Serve until the standard input ends."""
    server = Server(Customers(int(sys.argv[1])))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
