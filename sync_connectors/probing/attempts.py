"""What was called and what came back, in a form that is stored and worded for each reader anew."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

Details = Mapping[str, str | int | float | bool]
"""What the words about an outcome need, such as `status`, `reason`, `seconds`, `until`."""


class Outcome(StrEnum):
    """What became of one call."""

    DESCRIPTOR = "descriptor"
    """Our JSON descriptor: a connector that Tieline can use."""
    WSDL = "wsdl"
    """The description of a SOAP service."""

    NAME_NOT_FOUND = "name_not_found"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    ADDRESS_REFUSED = "address_refused"
    """Our own outbound policy forbids the address; nothing was sent."""
    TLS = "tls"
    TIMED_OUT = "timed_out"
    PROXY = "proxy"

    BROKEN = "broken"
    """The connection ended before a whole answer was there, or what came is no HTTP."""
    STATUS = "status"
    REDIRECTED = "redirected"
    TOO_LARGE = "too_large"
    WRONG_ANSWER = "wrong_answer"
    WRONG_VERSION = "wrong_version"


FINAL = frozenset(
    {
        Outcome.NAME_NOT_FOUND,
        Outcome.REFUSED,
        Outcome.UNREACHABLE,
        Outcome.ADDRESS_REFUSED,
        Outcome.TLS,
        Outcome.TIMED_OUT,
        Outcome.PROXY,
    }
)
"""After these another call of the same server would end in the same way."""

_SPEAKS = {Outcome.DESCRIPTOR: "json", Outcome.WSDL: "soap"}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call.

    Attributes:
        called: Method and address.
        details: For the words about the outcome.
    """

    called: str
    outcome: Outcome
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Probe:
    """All calls that were made to find out what a URL speaks."""

    attempts: tuple[Attempt, ...]
    at: datetime

    @property
    def speaks(self) -> str:
        """`json`, `soap`, or empty where nothing that we know came back."""
        return next((_SPEAKS[one.outcome] for one in self.attempts if one.outcome in _SPEAKS), "")

    @property
    def is_usable(self) -> bool:
        """Whether a connector answers there that this version can use."""
        return self.speaks == "json"

    def to_json(self) -> dict[str, Any]:
        """Return the form that is stored."""
        return {
            "at": self.at.isoformat(),
            "attempts": [
                {"called": one.called, "outcome": one.outcome.value, "details": dict(one.details)}
                for one in self.attempts
            ],
        }

    @classmethod
    def from_json(cls, json: Mapping[str, Any]) -> Self:
        """Return the probe of its stored form."""
        return cls(
            tuple(Attempt(one["called"], Outcome(one["outcome"]), one["details"]) for one in json["attempts"]),
            datetime.fromisoformat(json["at"]),
        )
