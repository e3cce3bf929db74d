"""Outbound HTTP: the one road out of the host, for connectors and for everything else."""

from host.outbound.certificates import Certificate, presented_certificate
from host.outbound.connections import CheckedAdapter
from host.outbound.errors import AddressRefusedError, CallDeadlineError, OutboundError, ResponseTooLargeError
from host.outbound.lines import LineStream
from host.outbound.policy import AddressPolicy
from host.outbound.session import OutboundSession, open_outbound_session

__all__ = [
    "AddressPolicy",
    "AddressRefusedError",
    "CallDeadlineError",
    "Certificate",
    "CheckedAdapter",
    "LineStream",
    "OutboundError",
    "OutboundSession",
    "ResponseTooLargeError",
    "open_outbound_session",
    "presented_certificate",
]
