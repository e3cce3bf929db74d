"""Asking a connector the checks, one after the other."""

from collections.abc import Callable, Iterator, Sequence

from sync_connectors.contract.errors import ConnectorError, UnavailableError
from sync_connectors.testing.bench import Bench
from sync_connectors.testing.check import Check, Part
from sync_connectors.testing.outcomes import CheckFailedError, DoesNotApplyError, Outcome, Verdict

_LONGEST_TECHNICAL = 2_000
_Finding = tuple[Outcome, str, str]
"""What came of it, for which actor type if any, and why."""


def judge_all(checks: Sequence[Check], bench: Bench) -> Iterator[Verdict]:
    """Yield a verdict on each check."""
    for check in checks:
        yield judge(check, bench)


def judge(check: Check, bench: Bench) -> Verdict:
    """Ask one check of a connector.

    An error of the connector is told by the check that meets it first; for others that meet the same one it only
    stands in the way.
    """
    if check.writes and not bench.setup.may_write:
        return Verdict(check.name, Outcome.DOES_NOT_APPLY, ("nothing may be written",))
    parts: list[Part] = []
    findings = [_finding(check, bench, "", lambda: parts.extend(check.parts(bench)))]
    if findings[0][0] is Outcome.HOLDS:
        nothing = (Outcome.DOES_NOT_APPLY, "", "the link offers no actor type")
        findings = [_finding(check, bench, name, ask) for name, ask in parts] or [nothing]
    return _verdict(check, findings)


def _finding(check: Check, bench: Bench, about: str, ask: Callable[[], object]) -> _Finding:
    try:
        ask()
    except DoesNotApplyError as reason:
        return Outcome.DOES_NOT_APPLY, about, str(reason)
    except CheckFailedError as fault:
        return Outcome.FAILS, about, str(fault)
    except ConnectorError as error:
        if isinstance(error, UnavailableError):
            bench.renew_session()
        teller = bench.told.setdefault((type(error), error.text), check.name)
        words = " ".join(
            part for part in (f"{type(error).__name__}:", error.text, error.technical[-_LONGEST_TECHNICAL:]) if part
        )
        if teller != check.name:
            return Outcome.NOT_JUDGED, about, f"{teller} fails and stands in the way"
        return Outcome.FAILS, about, words
    return Outcome.HOLDS, about, ""


def _verdict(check: Check, findings: Sequence[_Finding]) -> Verdict:
    outcomes = {outcome for outcome, _about, _words in findings}
    decisive = next(outcome for outcome in Outcome if outcome in outcomes)
    told: dict[str, list[str]] = {}
    for outcome, about, words in findings:
        if outcome is decisive and words:
            told.setdefault(words, []).extend([about] if about else [])
    details = (f"{', '.join(types)}: {words}" if types else words for words, types in told.items())
    return Verdict(check.name, decisive, tuple(details))
