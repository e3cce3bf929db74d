"""docs/plugins/testing.md: its code runs, and its tables name what there is."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync_connectors.testing import CHECKS, FakeHost, Moment, Outcome, judge
from sync_connectors.testing.suite.judged import JudgedConnector
from tests.docs.greenbook import PAGES, blocks, serving, write_plugin

PAGE = (PAGES / "testing.md").read_text(encoding="utf-8")
WALK = "how-it-works.md"


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What the code of the pages may use: the connector and the address of its ERP."""
    module = write_plugin(tmp_path).entry_point.value
    monkeypatch.syspath_prepend(tmp_path)
    with serving() as address:
        yield {"Greenbook": __import__(module).Greenbook, "address": address}
    del sys.modules[module]


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def named(text: str) -> list[str]:
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", text, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"\w+", row)]


def test_the_class_of_the_page_judges_the_connector_of_the_page_and_nothing_fails(names: dict[str, Any]) -> None:
    kit, _host = blocks("testing.md", "python")
    exec(kit, names)  # noqa: S102 - the code of our own page
    suite = names["TestGreenbook"]
    verdicts = [judge(check, suite.bench()) for check in CHECKS]
    suite.teardown_class()
    assert [verdict for verdict in verdicts if verdict.outcome in {Outcome.FAILS, Outcome.NOT_JUDGED}] == []
    assert sum(verdict.outcome is Outcome.HOLDS for verdict in verdicts) > 20


def test_the_runs_on_the_fake_host_end_as_the_page_says(names: dict[str, Any]) -> None:
    _kit, host = blocks("testing.md", "python")
    exec(host, names)  # noqa: S102 - the code of our own page
    assert names["other"].kept_of("Customer").watermark == "50"


def test_the_walk_ends_as_its_page_says(names: dict[str, Any]) -> None:
    (walk,) = blocks(WALK, "python")
    exec(walk, names)  # noqa: S102 - the code of our own page
    assert names["again"].keys == {"5"}


def test_the_table_of_the_kit_has_all_attributes_of_its_class() -> None:
    declared = {name for name in JudgedConnector.__annotations__ if not name.startswith("_")}
    assert set(named(section("The conformance kit"))) == declared


def test_the_tables_of_the_fake_host_have_all_its_methods_and_moments() -> None:
    methods = {name for name in vars(FakeHost) if not name.startswith("_")}
    moments = {moment.name for moment in Moment}
    assert set(named(section("The fake host"))) == methods | moments
