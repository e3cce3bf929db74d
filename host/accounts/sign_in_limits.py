"""How often signing in may be tried."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import cast

from flask import current_app

from host.accounts.operations.users import normalised_login
from host.settings import Settings
from host.throttling import count_against

LOGINS_PER_ADDRESS = 5
"""One address may try this many times more often in all than one login: an office shares one address."""


def count_try(address: str, login: str) -> None:
    """Count a try to sign in, before anybody looks whether the login exists.

    Raises:
        TooManyRequestsError: This address has tried this login, or all logins together, too often.
    """
    limit = cast(Settings, current_app.extensions["tieline_settings"]).sign_in_limit
    network = network_of(address)
    count_against(limit, "sign-in", network, times=LOGINS_PER_ADDRESS)
    count_against(limit, "sign-in", network, normalised_login(login))


def network_of(address: str) -> str:
    """Return what one client holds: its IPv4 address, or the /64 in which it may choose any IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network(f"{parsed}/64", strict=False))
    return str(parsed)
