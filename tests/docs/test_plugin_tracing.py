"""docs/plugins/tracing.md: its example is what a trace of the connector of the pages holds."""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from erp_links.links.connecting import open_link
from erp_links.links.models import Visibility
from erp_links.links.saving import create_link
from erp_links.links.submission import LinkSubmission, VisibilityChoice
from erp_links.links.testing import test_configuration as try_configuration
from erp_links.runtime import LinkRuntime
from erp_links.tracing import bounds, tracer
from erp_links.tracing.lines import line_of
from host.accounts.models import Role
from host.audit.doer import Doer
from host.database import Database
from host.logs import bind
from host.secrets import SecretBox
from host.secrets.keys import new_key
from host.settings import Settings
from sync_connectors import UnavailableError
from sync_connectors.loading import load_plugins
from sync_connectors.registered.registering import register_connector
from sync_connectors.watching import WatchedCall
from tests.accounts import make_user
from tests.docs.greenbook import PAGES, blocks, serving, write_plugin
from tests.erp_links.sync.ledger_setup import LOOPBACK
from tests.erp_links.tracing.tracing_stage import text_of, traced

PAGE = (PAGES / "tracing.md").read_text(encoding="utf-8")
SHOWN = {
    "started_at": "2026-03-31T12:00:00.250000Z",
    "milliseconds": 31.4,
    "process": 4711,
    "request_id": None,
    "guid": "41241cf5-8045-4ed9-b03e-1f4866066a82",
    "until": "2026-03-31T12:15:00Z",
}
"""What differs each time, as the page shows it."""


def shown(part: Any, address: str) -> Any:
    """Return a line with what differs each time replaced."""
    if isinstance(part, dict):
        return {name: SHOWN.get(name, shown(value, address)) for name, value in part.items()}
    if isinstance(part, list):
        return [shown(value, address) for value in part]
    return part.replace(address, "https://greenbook.example/nordlys") if isinstance(part, str) else part


@pytest.fixture
def lines(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """The trace of a link on the connector of the pages: two pages of a run, and a test with a wrong token."""
    found = write_plugin(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    settings = Settings(data_folder=tmp_path, outbound_allow=LOOPBACK, plugins_strict=True)
    runtime = LinkRuntime(sqlite_database, load_plugins(settings, [found]), settings, SecretBox([new_key()]))
    user = make_user(sqlite_database, "ida", Role.ADMINISTRATOR)
    ida = Doer(user.id, user.name, "page")
    connector = register_connector(sqlite_database, runtime.connectors, ida, name="Greenbook", url="plugin:greenbook")
    with serving() as address:
        submission = LinkSubmission(
            name="Nordlys AS",
            connector_id=connector.id,
            configuration={"address": address, "token": "right"},
            visibility=VisibilityChoice(Visibility.ALL),
        )
        link_id = create_link(runtime, ida, submission).link_id
        traced(runtime, link_id)
        with bind(run_id="12"), open_link(runtime, link_id, 5) as session:
            pages = session.changes("Customer", "40", None, ["name", "city"])
            assert len(list(pages)) == 1
        wrong = LinkSubmission(configuration={"token": "of another company"})
        assert not try_configuration(runtime, ida, wrong, link_id).passed
        yield [shown(json.loads(line), address) for line in text_of(runtime, link_id).splitlines()]
    sys.modules.pop(found.entry_point.value, None)


def test_the_examples_of_the_page_are_lines_of_a_trace(lines: list[dict[str, Any]]) -> None:
    examples = [json.loads(block) for block in blocks("tracing.md", "json")]
    assert len(examples) == 3
    for example in examples:
        example.get("trace", {}).update(tieline=lines[0]["trace"]["tieline"])
        assert example in lines
    assert [call.get("call", "trace") for call in examples] == ["trace", "changes", "test_configuration"]


def test_the_table_of_the_page_names_everything_that_a_line_has() -> None:
    line = json.loads(line_of(WatchedCall("test", {}, datetime.now(UTC), 0.1, error=UnavailableError("closed"))))
    table = PAGE.partition("| In a line |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(line)
    assert {field.name for field in fields(WatchedCall)} - {"name", "seconds"} <= line.keys()


def test_the_bounds_of_the_page_are_those_of_the_code() -> None:
    text = " ".join(PAGE.split())
    assert list(bounds.MINUTES) == [15, 60, 24 * 60]
    assert "15 minutes, an hour or a day" in text
    assert f"{bounds.KEPT_FOR.days} days" in text
    assert f"{bounds.MOST_CALLS:,} calls" in text
    assert f"{bounds.MOST_BYTES // 1024**2} MiB" in text
    assert f"{bounds.LARGEST_CALL // 1024} KiB" in text
    assert f"within {tracer.LOOK_SECONDS:g} seconds" in text
    assert f"the last {tracer.WRITE_SECONDS:g} second" in text
