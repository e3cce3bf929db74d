"""What comes of a check."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The outcomes. Of what a check found for several actor types, the first that any of them has stands for all."""

    FAILS = "fails"
    HOLDS = "holds"
    NOT_JUDGED = "not judged"
    """Another check has told of the fault that stood in the way."""
    DOES_NOT_APPLY = "does not apply"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one check.

    Attributes:
        check: Its name.
        details: What was found, in words; for a check of each actor type with the type before it.
    """

    check: str
    outcome: Outcome
    details: tuple[str, ...] = ()


class CheckFailedError(AssertionError):
    """Something that a check asks for does not hold; the message says what was found instead."""


class DoesNotApplyError(Exception):
    """A check asks for what the connector does not offer, or needs what it was not given."""


def require(holds: object, found: str) -> None:
    """Go on if something holds.

    Raises:
        CheckFailedError: It does not; `found` says what is there instead.
    """
    if not holds:
        raise CheckFailedError(found)


def apply_if(applies: object, otherwise: str) -> None:
    """Go on if a check applies.

    Raises:
        DoesNotApplyError: It does not, for this reason.
    """
    if not applies:
        raise DoesNotApplyError(otherwise)
