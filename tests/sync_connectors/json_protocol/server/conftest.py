"""A connector that is served by a real server on a thread, and a caller that speaks the protocol by hand."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests

from host.settings import Settings
from sync_connectors import Connector
from sync_connectors.json_protocol.media import Stream
from sync_connectors.json_protocol.server.running import ConnectorServer
from sync_connectors.json_protocol.server.serving import Exposure, open_server
from tests.emulators.plain_erp import PlainErp
from tests.emulators.plain_server import PlainServer
from tests.sync_connectors.json_protocol.schema import checked

GUID = "11111111-2222-3333-4444-555555555555"
OTHER_GUID = "99999999-2222-3333-4444-555555555555"
CONFIGURATION = {"Server": "nordwind", "Login": "ida", "Password": "s3cret", "Company": {"list": "1"}}
PATIENCE_SECONDS = 30


@dataclass
class Caller:
    """Makes calls as another program would, without any code of the client."""

    url: str
    token: str = ""
    session_id: str = "session-1"
    http: requests.Session = field(default_factory=requests.Session)

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        headers = {"Tieline-Protocol": "0.1", "Tieline-Session": self.session_id}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        headers |= options.pop("headers", {})
        if body is not None:
            options["json"] = body
        answer = self.http.request(
            method,
            f"{self.url}{path}",
            headers={name: value for name, value in headers.items() if value is not None},
            timeout=PATIENCE_SECONDS,
            **options,
        )
        _check_form(method, path, answer)
        return answer

    def save(self, guid: str = GUID, configuration: Any = None) -> requests.Response:
        body = {"configuration": configuration or CONFIGURATION, "time_zone": "Europe/Copenhagen", "name": "Nordwind"}
        return self.send("PUT", f"/links/{guid}", body)

    def call(self, name: str, arguments: Any = None, guid: str = GUID, **options: Any) -> requests.Response:
        return self.send("POST", f"/links/{guid}/{name}", arguments or {}, **options)

    def changes(self, resume: str | None = None, **options: Any) -> requests.Response:
        wanted = {"actor_type": "Customer", "watermark": None, "resume": resume, "fields": ["NAME"]}
        return self.call("changes", wanted, stream=True, **options)


def _check_form(method: str, path: str, answer: requests.Response) -> None:
    """Check that an answer is what the published schema says of it; streams are checked where they are read."""
    if not answer.ok:
        checked("error", answer.json())
    elif path == "/health":
        checked("health", answer.json())
    elif path == "/":
        checked("descriptor", answer.json())
    elif method in {"PUT", "POST"} and "Content-Encoding" not in answer.headers:
        name = "links" if method == "PUT" else path.rpartition("/")[2]
        if name not in set(Stream):
            checked(f"{name}.answer", answer.json())


def read_lines(stream: requests.Response, name: str = "changes") -> list[dict[str, Any]]:
    """Return the lines of a stream, each checked against the published schema."""
    told = [json.loads(line) for line in stream.iter_lines()]
    checked("stream.beginning", told[0])
    for line in told[1:]:
        checked(next((kind for mark, kind in _LINES.items() if mark in line), f"{name}.page"), line)
    return told


_LINES = {"error": "error", "end": "stream.end"}


@dataclass
class Served:
    """A server at work."""

    server: ConnectorServer
    thread: Thread

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def sessions(self) -> Any:
        return self.server._sessions

    def caller(self, token: str = "", session_id: str = "session-1") -> Caller:
        return Caller(self.url, token, session_id)

    def stop(self) -> None:
        self.server.stop()
        self.thread.join(PATIENCE_SECONDS)
        assert not self.thread.is_alive()


Serve = Callable[..., Served]


@contextmanager
def serving(connector: Connector, settings: Settings, folder: Path, exposure: Exposure) -> Iterator[Served]:
    server = open_server(connector, settings, folder, exposure)
    thread = Thread(target=server.run)
    thread.start()
    served = Served(server, thread)
    try:
        yield served
    finally:
        served.stop()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_folder=tmp_path / "data")


@pytest.fixture
def serve(tmp_path: Path, settings: Settings) -> Iterator[Serve]:
    """Serves a connector, on the same folder each time; all servers are stopped at the end of the test."""
    with ExitStack() as stack:

        def begin(connector: Connector | None = None, **exposure: Any) -> Served:
            context = serving(connector or PlainErp(), settings, tmp_path / "served", Exposure(**exposure))
            return stack.enter_context(context)

        yield begin


@pytest.fixture(autouse=True)
def erp() -> PlainServer:
    """The ERP that the links of the tests lead to."""
    server = PlainServer("nordwind")
    for number in range(5):
        server.put("Customer", f"C{number}", {"NAME": f"Customer {number}"})
    return server


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    """Tokens of two holders."""
    path = tmp_path / "tokens"
    path.write_text("# who may call\nnordwind:token-of-nordwind-0001\n\nsuedwind: token-of-suedwind-0002\n")
    path.chmod(0o600)
    return path
