"""A look at the certificate of a server that is not trusted, to say what is wrong with it. Nothing is sent there."""

import socket
import ssl
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID
from urllib3.util.connection import create_connection

from host.outbound.deadlines import CallDeadline
from host.outbound.errors import RefusedAddress
from host.outbound.policy import AddressPolicy
from host.settings import Settings

_LONGEST_NAME = 253


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server's certificate says; nobody has checked it.

    Attributes:
        subject: Common name that it was made out to, may be empty.
        until: End of its validity.
    """

    subject: str
    until: datetime


def presented_certificate(settings: Settings, host: str, port: int, seconds: float) -> Certificate | None:
    """Return the certificate that a server shows; None when it cannot be had, also where a proxy is in between."""
    if settings.outbound_proxy:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the certificate is refused already; this connection carries nothing
    try:
        address = AddressPolicy.from_settings(settings).resolve(host, port)[0]
        with CallDeadline(seconds) as deadline, create_connection((address, port), seconds) as plain:
            deadline.watch(plain)
            with context.wrap_socket(plain, server_hostname=host) as secure:
                encoded = secure.getpeercert(binary_form=True)
        return _read(encoded) if encoded else None
    except (OSError, RefusedAddress, ValueError, socket.gaierror):
        return None


def _read(encoded: bytes) -> Certificate:
    certificate = x509.load_der_x509_certificate(encoded)
    names = [str(one.value) for one in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    subject = "".join(letter for letter in ", ".join(names) if letter.isprintable())[:_LONGEST_NAME]
    return Certificate(subject, certificate.not_valid_after_utc)
