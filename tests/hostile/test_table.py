"""The page on security tells of each behaviour what becomes of it, and of no other."""

from pathlib import Path

from tests.hostile.behaviours import BEHAVIOURS
from tests.hostile.cases import CASES, STREAM_CASES, Case
from tests.hostile.streams import STREAM_BEHAVIOURS

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
HEADINGS = "| What the server does | A call | Registering its URL | A run |\n|---|---|---|---|\n"


def row(case: Case) -> str:
    """Return the line of a case."""
    call = f"`{case.error.__name__}`: {case.words.strip()}" if case.error else "its answer"
    outcome, pause = case.run
    run = f"{outcome}, paused" if pause else outcome
    return f"| {case.name} | {call} | {case.probe.value if case.probe else '–'} | {run} |"


def table() -> str:
    return HEADINGS + "\n".join(map(row, (*CASES, *STREAM_CASES)))


def test_the_page_tells_what_becomes_of_each_case() -> None:
    told = PAGE.read_text(encoding="utf-8")
    expected = table()
    assert expected in told, f"the table of docs/security.md is stale, it has to be:\n\n{expected}"
    assert told.count("\n| ") == f"\n{expected}".count("\n| ")  # and of no other


def test_every_behaviour_is_a_case() -> None:
    assert [case.name for case in CASES] == list(BEHAVIOURS)
    assert [case.name for case in STREAM_CASES] == list(STREAM_BEHAVIOURS)
