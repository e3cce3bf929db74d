"""Connections that go only to addresses that were checked."""

import socket
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Retry
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ResponseError,
)
from urllib3.util.connection import create_connection

from host.outbound.deadlines import present_deadline
from host.outbound.errors import RefusedAddress
from host.outbound.policy import AddressPolicy

POOL_SIZE = 10


class BoundedRetry(Retry):
    """Waits as long as `Retry-After` says where the deadline allows it; else the caller gets the answer as it is."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Count a try, or give up when the wait would outlast the call."""
        deadline = present_deadline()
        if deadline is not None:
            deadline.check()
        if response is not None and deadline is not None:
            wait = self.get_retry_after(response) or self.get_backoff_time()
            if _pool is not None and wait >= deadline.remaining:
                raise MaxRetryError(_pool, url or "", ResponseError("the wait is too long"))
        return super().increment(method, url, response, error, _pool, _stacktrace)


RETRY = BoundedRetry(
    total=3,
    connect=1,
    read=1,
    other=0,  # such as a certificate that is not trusted, which will not be in a second either
    backoff_factor=0.5,
    backoff_jitter=0.2,
    status_forcelist=(429, 502, 503, 504),
    allowed_methods=frozenset({"GET", "HEAD", "OPTIONS"}),
    redirect=0,
    raise_on_status=False,
)
"""Only what changes nothing is tried again; whether a write was done is for the plugin to find out."""


class CheckedAdapter(HTTPAdapter):
    """Sends requests through connections that check where they go."""

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy
        super().__init__(pool_connections=POOL_SIZE, pool_maxsize=POOL_SIZE, max_retries=RETRY)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        """Make pools of checked connections."""
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pool_classes(self._policy)

    def close(self) -> None:
        """Close the connections that are idle now, and each other one when its call ends.

        A pool of urllib3 that is only let go of keeps its sockets until the garbage collector comes by.
        """
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118 - a container of its own kind, that is not iterated over
                with suppress(KeyError):
                    manager.pools[key].close()
        super().close()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request; with a proxy the target is checked here, because the proxy resolves it."""
        proxies = kwargs.get("proxies")
        try:
            if proxies and request.url:
                parts = requests.compat.urlparse(request.url)
                self._policy.resolve(parts.hostname or "", parts.port or 443)
            return super().send(request, *args, **kwargs)
        except RefusedAddress as error:
            raise error.refusal from None


def _pool_classes(policy: AddressPolicy) -> dict[str, type[HTTPConnectionPool]]:
    class PlainConnection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, policy)

        def getresponse(self) -> Any:
            _watch(self)
            return super().getresponse()

    class TlsConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, policy)

        def getresponse(self) -> Any:
            _watch(self)
            return super().getresponse()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = TlsConnection

    return {"http": PlainPool, "https": TlsPool}


def _connect(connection: HTTPConnection, policy: AddressPolicy) -> socket.socket:
    """Connect to the first checked address that answers; name and certificate stay those of the host."""
    try:
        addresses = policy.resolve(connection.host, connection.port)
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    failure: OSError | None = None
    for address in addresses:
        try:
            return create_connection(
                (address, connection.port), connection.timeout, connection.source_address, connection.socket_options
            )
        except TimeoutError as error:
            raise ConnectTimeoutError(connection, f"no connection to {connection.host} in time") from error
        except OSError as error:
            failure = error
    raise NewConnectionError(connection, f"no connection to {connection.host}: {failure}") from failure


def _watch(connection: HTTPConnection) -> None:
    deadline = present_deadline()
    if deadline is not None and connection.sock is not None:
        deadline.watch(connection.sock)
