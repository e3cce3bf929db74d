"""The table of docs/plugins/how-it-works.md: who asks what, and when."""

import re

import pytest

from erp_links.links.activating import activate
from erp_links.links.declaring import refresh_link
from erp_links.tab.blocks import tab_blocks
from erp_links.tab.reading import TabReader
from host.accounts.principal import Principal
from sync_connectors import Connector, LinkSession
from tests.docs.greenbook import PAGES
from tests.erp_links.links.conftest import Office, office, office_at
from tests.erp_links.links.test_states import mapped
from tests.erp_links.sync.conftest import settings, sqlite_stage
from tests.erp_links.sync.stage import Stage

__all__ = ["office", "office_at", "settings", "sqlite_stage"]

ROWS = {
    when: re.findall(r"`(\w+)`", what)
    for when, what in re.findall(
        r"^\| ([^|`]+) \| (.*`.*) \|$", (PAGES / "how-it-works.md").read_text("utf-8"), re.MULTILINE
    )
}
UNTOLD = {"open", "close"}
"""The emulator counts what reaches its ERP, and these do not."""
OF_A_RUN = [when for when in ROWS if when.startswith("a run")]


def untold_aside(when: str) -> list[str]:
    return [name for name in ROWS[when] if name not in UNTOLD]


def test_the_table_names_every_method_of_the_contract_and_no_other() -> None:
    methods = {name for kind in (Connector, LinkSession) for name, one in vars(kind).items() if callable(one)}
    assert {name for what in ROWS.values() for name in what} == {name for name in methods if not name.startswith("_")}


def test_saving_a_link_asks_what_the_table_says(office: Office) -> None:
    office.create()
    assert list(dict.fromkeys(office.calls)) == untold_aside("a link is saved")


def test_activating_a_link_and_reading_again_what_it_offers_ask_what_the_table_says(office: Office) -> None:
    link_id = mapped(office)
    asked = (
        ("a link is activated or goes on after a pause, or a saved one is tested", activate),
        ("what a link offers is read again", refresh_link),
    )
    for when, do in asked:
        office.server.calls.clear()
        do(office.runtime, office.ida, link_id)
        assert list(dict.fromkeys(office.calls)) == untold_aside(when)


def test_opening_a_tab_asks_what_the_table_says(sqlite_stage: Stage) -> None:
    stage = sqlite_stage
    stage.map("Customer", {"NAME": "name", "COUNTRY": "country"})
    stage.show("NAME", "COUNTRY")
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "COUNTRY": "DK"})
    stage.run()
    stage.server.calls.clear()
    ida = Principal(1, "Ida Holm", is_administrator=False, group_ids=frozenset())
    with stage.database.reading() as session:
        (block,) = tab_blocks(session, stage.runtime, ida, "company", stage.hub()[0]["id"])
    TabReader(stage.runtime, None).read(block)
    assert set(stage.connector_calls) == set(untold_aside("an ERP tab is opened"))


@pytest.mark.parametrize("push", ["create", "pair"])
def test_a_run_asks_nothing_but_what_the_table_says(sqlite_stage: Stage, push: str) -> None:
    stage = sqlite_stage
    stage.map("Customer", {"NAME": "name", "VATNO": "vat_number"}, two_way=["NAME"], match=["vat_number"], push=push)
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "VATNO": "1"})
    stage.server.calls.clear()
    stage.run()
    stage.edit("company", stage.hub()[0]["id"], name="Beta")
    stage.add("company", name="Gamma", vat_number="3")
    stage.run()
    searching = {"search": "search_advanced"}  # the emulator counts all searches under one name
    asked = {searching.get(call, call) for call in stage.connector_calls}
    assert asked >= {"deletions", "changes", "get", "save", "search_advanced"}
    assert ("create" in asked) is (push == "create")
    assert asked - {name for when in OF_A_RUN for name in ROWS[when]} == set()
