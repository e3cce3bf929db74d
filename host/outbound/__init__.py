"""Outbound HTTP: the one road out of the host, for connectors and for everything else."""

from host.outbound.errors import AddressRefusedError, CallDeadlineError, OutboundError, ResponseTooLargeError
from host.outbound.policy import AddressPolicy
from host.outbound.session import OutboundSession, open_outbound_session

__all__ = [
    "AddressPolicy",
    "AddressRefusedError",
    "CallDeadlineError",
    "OutboundError",
    "OutboundSession",
    "ResponseTooLargeError",
    "open_outbound_session",
]
