"""The verdicts on a connector, for people and for programs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync_connectors.testing.bench import Bench
from sync_connectors.testing.check import Check
from sync_connectors.testing.checks import CHECKS_BY_SUBJECT
from sync_connectors.testing.judging import judge
from sync_connectors.testing.outcomes import Outcome, Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """One verdict with its check, and the subject under which that stands."""

    subject: str
    check: Check
    verdict: Verdict

    @property
    def lines(self) -> Sequence[str]:
        """What was found, and how to mend what fails."""
        mend = (f"to mend: {self.check.mend}",) if self.verdict.outcome is Outcome.FAILS else ()
        details = (line for detail in self.verdict.details for line in detail.splitlines())
        return (*details, *mend)


def judge_by_subject(bench: Bench) -> Iterator[Judged]:
    """Ask all checks, and yield each as soon as it is answered."""
    for subject, checks in CHECKS_BY_SUBJECT.items():
        for check in checks:
            yield Judged(subject, check, judge(check, bench))


def counted(judged: Sequence[Judged]) -> Mapping[Outcome, int]:
    """Return how many checks came out how, for every outcome."""
    counts = Counter(each.verdict.outcome for each in judged)
    return {outcome: counts[outcome] for outcome in Outcome}


def report(bench: Bench, judged: Sequence[Judged]) -> dict[str, Any]:
    """Return everything as JSON."""
    return {
        "connector": {"name": bench.connector.name, "version": bench.connector.version},
        "counts": {outcome.value: count for outcome, count in counted(judged).items()},
        "checks": [
            {
                "subject": each.subject,
                "check": each.check.name,
                "asks": each.check.asks,
                "outcome": each.verdict.outcome.value,
                "details": list(each.verdict.details),
                "mend": each.check.mend,
            }
            for each in judged
        ],
        "costs": {name: {"records": count, "calls": calls} for name, (count, calls) in bench.costs.items()},
        "created": [{"actor_type": name, "key": key} for name, key in bench.created],
    }


def closing_lines(bench: Bench, judged: Sequence[Judged]) -> Iterator[str]:
    """Yield what to tell at the end: what a full read costs, what is left in the ERP, and the counts."""
    for name, (count, calls) in bench.costs.items():
        yield f"a full read of {name}: {count} records in {calls} calls"
    if bench.created:
        yield f"left in the ERP: {', '.join(f'{name} {key}' for name, key in bench.created)}"
    yield ", ".join(f"{outcome.value}: {count}" for outcome, count in counted(judged).items() if count)
