"""The addresses that processes listen on, looked at from outside them."""

import socket
import time
from collections.abc import Callable

from host.settings import Settings


class AddressError(Exception):
    """The web process cannot listen where the settings say; the message says why and what to set."""


def check_address(settings: Settings) -> None:
    """Do nothing if the web process can listen, so that a supervisor does not start one again and again in vain.

    Raises:
        AddressError: The address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except OSError as error:
        raise AddressError(
            f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}; "
            "stop what listens there, or set TIELINE_HOST or TIELINE_PORT"
        ) from error


def wait_until_listening(host: str, port: int, seconds: float, is_ended: Callable[[], bool] = lambda: False) -> bool:
    """Wait for a process that is to listen, and return whether it does; `is_ended` tells that it never will."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not is_ended():
        if _is_listening(host, port):
            return True
        time.sleep(0.1)
    return False


def _is_listening(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1) as connection:
            # while nobody listens, a connection may be given this very port as its own and so meet itself
            return bool(connection.getsockname() != connection.getpeername())
    except OSError:
        return False
