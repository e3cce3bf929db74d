"""Each check fails for a connector that is broken in just that way, and for no other."""

import pytest

from sync_connectors import Connector
from sync_connectors.testing import CHECKS, Bench, Outcome, Setup, Verdict, judge_all
from tests.emulators.broken import BROKEN, CONFIGURATION, GoodConnector

VARIATIONS = [(check, connector) for check, connectors in BROKEN.items() for connector in connectors]


def verdicts_on(connector: Connector) -> list[Verdict]:
    with Bench(Setup(connector, CONFIGURATION)) as bench:
        return list(judge_all(CHECKS, bench))


def test_every_check_has_a_connector_that_fails_it() -> None:
    assert {check.name for check in CHECKS} == BROKEN.keys()


def test_the_good_connector_passes_every_check() -> None:
    assert {verdict for verdict in verdicts_on(GoodConnector()) if verdict.outcome is not Outcome.HOLDS} == set()


@pytest.mark.parametrize(
    ("check", "connector"), VARIATIONS, ids=[f"{check}-{connector.__name__}" for check, connector in VARIATIONS]
)
def test_a_broken_connector_fails_just_its_check(check: str, connector: type[GoodConnector]) -> None:
    failed = {verdict.check: verdict for verdict in verdicts_on(connector()) if verdict.outcome is Outcome.FAILS}
    assert failed.keys() == {check}
    assert failed[check].details
