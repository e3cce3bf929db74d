"""The address that the web process listens on, looked at from outside it."""

import socket
import time

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


def wait_until_listening(settings: Settings, seconds: float) -> bool:
    """Wait for the web process, and return whether it listens."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection((settings.host, settings.port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False
