import re
from pathlib import Path

from erp_links.sync.models import Outcome
from erp_links.sync.reasons import FailureReason, WinReason
from tests.erp_links.sync.test_crash_points import POINTS

PAGE = (Path(__file__).parents[2] / "docs" / "sync.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[str]:
    """Return the first cells of the table below a heading."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| ([a-z_ ]+) \|", section, re.MULTILINE)


def test_the_page_tells_every_outcome_in_the_order_of_gravity() -> None:
    assert rows("Outcomes") == [outcome.value for outcome in Outcome]


def test_the_page_tells_every_reason_for_which_a_side_wins() -> None:
    assert rows("Why a side won") == [reason.value for reason in WinReason]


def test_the_page_tells_every_reason_for_which_a_record_fails() -> None:
    assert rows("Failed records") == [reason.value for reason in FailureReason]


def test_the_page_names_every_point_at_which_the_tests_kill_a_worker() -> None:
    assert rows("Where a run may die") == list(POINTS)
