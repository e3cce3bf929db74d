"""Which addresses may be called (SSRF)."""

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from host.outbound.errors import RefusedAddress
from host.settings import Settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "169.254.169.254",  # AWS, Google, Azure, DigitalOcean, OpenStack
        "169.254.170.2",  # AWS, containers
        "169.254.170.23",  # AWS, pods
        "168.63.129.16",  # Azure, host
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
        "fd00:ec2::254",  # AWS
        "fd00:ec2::23",  # AWS, pods
        "fd20:ce::254",  # Google
    )
)
"""Where a cloud tells its machines their credentials; never called, whatever is allowed."""

ALLOWING = "TIELINE_OUTBOUND_ALLOW"

_SHARED = ipaddress.ip_network("100.64.0.0/10")
_TRANSLATED = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "::/96",  # IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64, local
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
    )
)
"""Addresses that carry another one in them, which might be one that must not be called."""


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """What may be called.

    Attributes:
        networks: Networks that may be called although they are loopback, link-local or multicast.
        hosts: Host names, in lower case, for which the same holds.
        private: Whether private networks may be called.
    """

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = field(default_factory=frozenset)
    private: bool = True

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Read `outbound_allow` and `outbound_private`."""
        networks, hosts = [], set()
        for entry in settings.outbound_allow:
            try:
                networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                hosts.add(entry.lower().rstrip("."))
        return cls(tuple(networks), frozenset(hosts), settings.outbound_private)

    def resolve(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host that may be called.

        The caller connects to one of these and resolves no second time, so that a name cannot change its address
        between the look and the call.

        Raises:
            RefusedAddress: The host has addresses, and none may be called.
            socket.gaierror: The host has none.
        """
        name = host.strip("[]").lower().rstrip(".")
        found = dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM))
        reasons = {text: self.reason_against(ipaddress.ip_address(text.partition("%")[0]), name) for text in found}
        allowed = [text for text, reason in reasons.items() if not reason]
        if not allowed:
            text = f"{host} must not be called from here: {_joined(reasons.values())}"
            is_allowable = any(not _reason_of_all_times(ipaddress.ip_address(one.partition("%")[0])) for one in found)
            raise RefusedAddress(text, tuple(found), ALLOWING if is_allowable else "")
        return allowed

    def reason_against(self, address: Address, host: str = "") -> str:
        """Return why an address must not be called, in words; empty if it may."""
        if never := _reason_of_all_times(address):
            return never
        if host in self.hosts or any(address in network for network in self.networks):
            return ""
        kind = _kind_of(address)
        if not kind or (kind == "private" and self.private):
            return ""
        return f"{address} is {kind}, {ALLOWING} would allow it"


def _reason_of_all_times(address: Address) -> str:
    """Return why an address is refused whatever is allowed."""
    if address in METADATA:
        return f"{address} is a cloud's metadata address"
    if address.is_unspecified:
        return f"{address} is no address of a host"
    if not address.is_loopback and any(address in network for network in _TRANSLATED):
        return f"{address} stands for an IPv4 address, give that one"
    return ""


def _kind_of(address: Address) -> str:
    """Return what kind of special address it is; empty for one of the public internet."""
    if address.is_loopback:
        return "loopback"
    if address.is_link_local:
        return "link-local"
    if address.is_multicast:
        return "multicast"
    if address.is_private or (isinstance(address, ipaddress.IPv4Address) and address in _SHARED):
        # what is not really private but reserved (documentation, protocols) answers nobody, and does no harm
        return "private"
    return "reserved" if address.is_reserved else ""


def _joined(reasons: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(reason for reason in reasons if reason))
