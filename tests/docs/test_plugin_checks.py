from pathlib import Path

from sync_connectors.testing import CHECKS
from sync_connectors.testing.reference import reference

PAGE = (Path(__file__).parents[2] / "docs" / "plugins" / "checks.md").read_text(encoding="utf-8")


def test_the_page_of_the_checks_is_what_the_checks_say() -> None:
    stale = "docs/plugins/checks.md is stale: python -m sync_connectors.testing.reference > docs/plugins/checks.md"
    assert reference() == PAGE, stale


def test_every_check_says_in_a_sentence_what_it_asks_and_how_to_mend_it() -> None:
    assert [check.name for check in CHECKS if not (check.asks.endswith(".") and check.mend.endswith("."))] == []
    assert len({check.name for check in CHECKS}) == len(CHECKS)
