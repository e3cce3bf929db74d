"""Greenbook, the imaginary ERP of docs/plugins, and its connector as it stands on the page."""

import json
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import EntryPoint
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

from sync_connectors.loading.discovering import FoundPlugin

PAGES = Path(__file__).parents[2] / "docs" / "plugins"
CUSTOMERS = [
    {"id": number, "changed": number * 10, "name": f"Customer {number}", "city": "Bergen", "credit": number + 0.25}
    for number in range(1, 6)
]
PAGE_SIZE = 2


class GreenbookServer(BaseHTTPRequestHandler):
    """Customers by change number, two on a page."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if self.headers["Authorization"] != "Bearer right":
            self._answer(401, {})
        elif parts.path == "/about":
            self._answer(200, {"company": "Nordlys AS"})
        elif "ids" in query:
            self._answer(200, {"customers": [row for row in CUSTOMERS if str(row["id"]) in query["ids"].split(",")]})
        elif "text" in query:
            words = query["text"].casefold().split()
            found = [row for row in CUSTOMERS if all(word in str(row).casefold() for word in words)]
            self._answer(200, {"customers": found})
        elif not query.get("after", "").strip("0123456789"):
            since, after = int(query["since"]), int(query.get("after") or 0)
            rows = [row for row in CUSTOMERS if row["changed"] >= since and row["id"] > after]
            following = str(rows[PAGE_SIZE - 1]["id"]) if len(rows) > PAGE_SIZE else None
            self._answer(200, {"customers": rows[:PAGE_SIZE], "next": following, "clock": 50})
        else:
            self._answer(410, {})

    def log_message(self, *_arguments: object) -> None:
        """Keep the test's output clean."""

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving() -> Iterator[str]:
    """Run the ERP; yield its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), GreenbookServer)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def blocks(page: str, language: str) -> list[str]:
    """Return the code of one language on a page."""
    text = (PAGES / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def write_plugin(folder: Path) -> FoundPlugin:
    """Write the module of the page into a folder, under the name that the page gives it."""
    (project,), (module,) = blocks("writing.md", "toml"), blocks("writing.md", "python")
    ((name, value),) = tomllib.loads(project)["project"]["entry-points"]["tieline"].items()
    (folder / f"{value}.py").write_text(module, encoding="utf-8")
    return FoundPlugin("tieline-greenbook", "1.0", EntryPoint(name, value, "tieline"))
