"""A connector's server that misbehaves as it is told, in a process of its own.

    with hostile_server(folder) as server:
        server.misbehave("never")                   # all calls; or only some: server.misbehave("never", "changes")
        server.behave()                             # it is healed
        server.seen()                               # the requests since the last question
        server.put("Customer", "C1", {"NAME": "A"}) # a user of its ERP writes a record

Behind it is the real application of a served connector, on an ERP in memory: whatever is not told to be bad is good.
The parent talks to it by lines of JSON on its standard input and output.
"""

import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from werkzeug.test import Client

from host.secrets import SecretBox
from host.secrets.keys import new_key
from host.settings import Settings
from sync_connectors.guarding import GuardedConnector
from sync_connectors.json_protocol.server.admission import Admission
from sync_connectors.json_protocol.server.application import create_application
from sync_connectors.json_protocol.server.credentials import Credentials
from sync_connectors.json_protocol.server.served import ServedConnector
from sync_connectors.json_protocol.server.sessions import SessionPool
from sync_connectors.json_protocol.server.store import LinkStore
from sync_connectors.json_protocol.server.underway import CallsUnderWay
from tests.emulators.canned_server import self_signed
from tests.emulators.plain_erp import PlainErp
from tests.emulators.plain_server import PlainServer
from tests.hostile.behaviours import BEHAVIOURS
from tests.hostile.line import Good, Line, Request, framed
from tests.hostile.streams import STREAM_BEHAVIOURS

TOKEN, PASSWORD = "canary-token/8%+", "canary-password-9"
"""What the server is shown; it may repeat both."""
MOST_CALLS = 1_000
ALL = {**BEHAVIOURS, **STREAM_BEHAVIOURS}


class HostileServer:
    """The server inside its process."""

    def __init__(self, folder: Path) -> None:
        self.erp = PlainServer("nordwind", password=PASSWORD, page_size=10)
        settings = Settings(data_folder=folder)
        store = LinkStore(folder / "kept", SecretBox([new_key()]), "plain-erp")
        # a session that a caller left behind is spare at once, where it would be after half a minute
        sessions = SessionPool(lambda: 1_000 * time.monotonic())
        served = ServedConnector(GuardedConnector(PlainErp()), settings, store, sessions)
        application = create_application(served, settings, CallsUnderWay())
        self._good = Client(
            Admission(application, Credentials({"host": TOKEN}), MOST_CALLS, on_loopback=False)  # who calls is known
        )
        self._bad: tuple[str, frozenset[str]] | None = None
        self._cut: tuple[str, str, int, bool] | None = None
        self._seen: list[dict[str, Any]] = []
        context, certificate, _until = self_signed(folder)
        self._listening = [(socket.create_server(("127.0.0.1", 0)), tls) for tls in (None, context)]
        self.told = {"ports": [one.getsockname()[1] for one, _tls in self._listening], "certificate": str(certificate)}

    def run(self) -> None:
        for listening, tls in self._listening:
            threading.Thread(target=self._accept, args=(listening, tls), daemon=True).start()

    def behave_as(self, name: str | None, calls: Sequence[str]) -> None:
        self._bad = (name, frozenset(calls)) if name else None

    def cut(self, call: str, framing: str, place: int, *, resets: bool) -> None:
        self._cut = (call, framing, place, resets)

    def put(self, actor_type: str, key: str, values: Mapping[str, Any]) -> None:
        self.erp.put(actor_type, key, values)

    def forget(self) -> None:
        for records in (*self.erp.records.values(), *self.erp.deleted.values()):
            records.clear()

    def records(self, actor_type: str) -> dict[str, Any]:
        return {key: record.values for key, record in self.erp.records[actor_type].items()}

    def seen(self) -> list[dict[str, Any]]:
        seen, self._seen = self._seen, []
        return seen

    def _accept(self, listening: socket.socket, tls: ssl.SSLContext | None) -> None:
        while True:
            connected, _peer = listening.accept()
            threading.Thread(target=self._serve, args=(connected, tls), daemon=True).start()

    def _serve(self, connected: socket.socket, tls: ssl.SSLContext | None) -> None:
        with suppress(OSError, ValueError):
            line = Line(tls.wrap_socket(connected, server_side=True) if tls else connected)
            try:
                while (request := line.request()) is not None and self._answer(line, request):
                    pass
            finally:
                line.close()

    def _answer(self, line: Line, request: Request) -> bool:
        """Answer one request; return whether the connection may be used again."""
        call = call_of(request)
        self._seen.append({"call": call, "method": request.method, "headers": request.headers})
        if self._cut is not None and self._cut[0] == call:
            (_call, framing, place, resets), self._cut = self._cut, None
            told = framed(self._good_answer(request), framing)
            line.send(told[: place % len(told)])
            line.reset() if resets else line.end()
            return False
        if self._bad is not None and (not self._bad[1] or call in self._bad[1]):
            return ALL[self._bad[0]](line, lambda: self._good_answer(request)) is True
        line.send(self._good_answer(request).sent())
        return True

    def _good_answer(self, request: Request) -> Good:
        headers = [one for one in request.headers.items() if one[0] != "accept-encoding"]  # it is told in clear
        answer = self._good.open(request.target, method=request.method, headers=headers, data=request.body)
        kept = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
        good = Good(answer.status, kept, answer.get_data())
        answer.close()
        return good


def call_of(request: Request) -> str:
    """Return the name of a call: the last part of its path that is no id."""
    parts = [part for part in request.target.partition("?")[0].split("/") if part]
    if parts[:1] == ["links"]:
        return {"PUT": "links", "DELETE": "sessions" if "sessions" in parts else "delete"}.get(
            request.method, parts[-1]
        )
    return parts[-1] if parts else "descriptor"


class HostileProcess:
    """The server as its parent sees it.

    Attributes:
        url: Of the server without TLS; `secure_url` of the one with, `certificate` is the file to trust it by.
    """

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        told = self._read()
        self.url, self.secure_url = (
            f"{scheme}://127.0.0.1:{port}" for scheme, port in zip(("http", "https"), told["ports"], strict=True)
        )
        self.certificate = Path(told["certificate"])

    def misbehave(self, name: str, *calls: str) -> Self:
        self._tell("behave_as", name, calls)
        return self

    def behave(self) -> Self:
        self._tell("behave_as", None, ())
        return self

    def cut(self, call: str, framing: str, place: int, *, resets: bool) -> None:
        """Send no more than a part of the next answer to a call, and all of the answers behind it.

        Args:
            call: As the server names it.
            framing: How the answer says where it ends, one of `FRAMINGS`.
            place: How many bytes are sent; more than there are count from the beginning again.
            resets: Whether the connection breaks, or ends as if nothing were amiss.
        """
        self._tell("cut", call, framing, place, resets=resets)

    def put(self, actor_type: str, key: str, values: Mapping[str, Any]) -> None:
        self._tell("put", actor_type, key, values)

    def forget(self) -> None:
        """Delete all records of the ERP, as if there had never been any."""
        self._tell("forget")

    def records(self, actor_type: str) -> dict[str, dict[str, Any]]:
        return self._tell("records", actor_type)

    def seen(self) -> list[dict[str, Any]]:
        return self._tell("seen")

    def _tell(self, name: str, *arguments: Any, **options: Any) -> Any:
        self._process.stdin.write(json.dumps([name, arguments, options]) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        return json.loads(self._process.stdout.readline())


@contextmanager
def hostile_server(folder: Path) -> Iterator[HostileProcess]:
    """Yield a server that behaves well until it is told otherwise."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.hostile.server", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        yield HostileProcess(process)
    finally:
        process.stdin.close()
        assert process.wait(60) == 0
        process.stdout.close()


def main(folder: Path) -> None:
    """Serve until the standard input ends."""
    server = HostileServer(folder)
    server.run()
    answer(server.told)
    for asked in sys.stdin:
        name, arguments, options = json.loads(asked)
        answer(getattr(server, name)(*arguments, **options))


def answer(told: Any) -> None:
    """Tell the parent something, as one line."""
    sys.stdout.write(json.dumps(told, default=str) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
