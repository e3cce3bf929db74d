"""Listening, and stopping so that whoever is being answered gets the whole answer."""

import ipaddress
import socket
import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

from waitress.server import create_server

from sync_connectors.json_protocol.media import LARGEST_MESSAGE
from sync_connectors.json_protocol.server.sessions import SessionPool
from sync_connectors.json_protocol.server.shares import CALLS_WITHOUT_SESSION, MOST_SESSIONS
from sync_connectors.json_protocol.server.underway import CallsUnderWay

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

STOP_SECONDS = 25.0
_LOOK_SECONDS = 10.0
_STALLED_SECONDS = 120
_AHEAD = 2 * 1024 * 1024
"""Bytes of an answer that may wait for a slow reader before the connector is asked for the next page."""


class ListeningError(Exception):
    """The server cannot listen there, or must not; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address and port that something may listen on."""

    ip: str
    port: int

    @classmethod
    def of(cls, host: str, port: int) -> Self:
        """Return the first address that a name or address stands for.

        Raises:
            ListeningError: It stands for none.
        """
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4]
        except OSError as error:
            raise ListeningError(f"{host} is no address of this machine: {error.strerror}, set --host") from error
        return cls(str(found[0]).partition("%")[0], int(found[1]))

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return ipaddress.ip_address(self.ip).is_loopback

    def listen(self) -> socket.socket:
        """Return a socket that listens.

        Raises:
            ListeningError: The address is taken, or not ours.
        """
        family = socket.AF_INET6 if ":" in self.ip else socket.AF_INET
        try:
            return socket.create_server((self.ip, self.port), family=family)
        except OSError as error:
            raise ListeningError(
                f"{self.ip}:{self.port} cannot be listened on: {error.strerror}; "
                "stop what listens there, or set --host or --port"
            ) from error


class ConnectorServer:
    """Serves one application on one socket.

    Attributes:
        url: Where it is reached.

    Args:
        wsgi: The application, admission included.
        listening: The socket.
        sessions: Closed when they are idle, and at the end.
        calls: What is under way.
    """

    def __init__(
        self, wsgi: "WSGIApplication", listening: socket.socket, sessions: SessionPool, calls: CallsUnderWay
    ) -> None:
        self._sessions = sessions
        self._calls = calls
        self._wanted: SimpleQueue[None] = SimpleQueue()
        host, port = listening.getsockname()[:2]
        if ipaddress.ip_address(host).is_unspecified:
            host = socket.gethostname()  # all addresses of this machine: its name stands for the one that others use
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        # of the library's server; its own loop is stopped from within, which no method of it does
        self._server: Any = create_server(
            calls.around(wsgi),
            sockets=[listening],
            threads=MOST_SESSIONS + CALLS_WITHOUT_SESSION,
            connection_limit=500,
            max_request_body_size=LARGEST_MESSAGE,
            outbuf_high_watermark=_AHEAD,
            outbuf_overflow=8 * _AHEAD,
            ident="tieline",
            clear_untrusted_proxy_headers=False,  # admission looks at them
        )
        self._server.adj.socket_options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # a caller that reads no further would keep a thread and a session for ever
            stalled = (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STALLED_SECONDS * 1000)
            self._server.adj.socket_options.append(stalled)

    def run(self) -> None:
        """Serve until `stop` is called; blocks."""
        loop = Thread(target=self._server.run, name="connector server", daemon=True)
        loop.start()
        while not self._is_told():
            self._sessions.close_idle()
        deadline = time.monotonic() + STOP_SECONDS
        self._calls.end(STOP_SECONDS)
        while self._is_sending() and time.monotonic() < deadline:
            time.sleep(0.02)
        self._server.task_dispatcher.shutdown(timeout=1)  # first: its threads wake the loop up when they are done
        self._server.trigger.pull_trigger(self._hang_up)
        loop.join(timeout=5)
        self._sessions.close_all()

    def stop(self) -> None:
        """Make `run` end when all answers are out; may be called from a signal's handler."""
        self._wanted.put(None)

    def _is_told(self) -> bool:
        try:
            self._wanted.get(timeout=_LOOK_SECONDS)
        except Empty:
            return False
        return True

    def _is_sending(self) -> bool:
        """Whether bytes of an answer have not left yet; the end of a stream is written after its last page."""
        channels = list(self._server.active_channels.values())
        return any(channel.requests or channel.total_outbufs_len for channel in channels)

    def _hang_up(self) -> None:
        for each in list(self._server._map.values()):  # noqa: SLF001 - the loop ends when its map is empty
            each.close()
