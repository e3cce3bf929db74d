from datetime import UTC, datetime

import pytest
from sqlalchemy import delete

from erp_links.links.models import LinkAccess, LinkState, Visibility
from erp_links.sync.models import LogEntry
from host.accounts.models import TokenScope
from host.app import create_app
from sync_connectors import UnavailableError
from tests.accounts import api_client, client_of, make_administrator, make_user


@pytest.fixture
def app(sqlite_stage):
    runtime = sqlite_stage.runtime
    return create_app(runtime.settings, runtime.database, runtime.plugins)


@pytest.fixture
def inside(sqlite_stage):
    """A user whom the link's visibility names, alone."""
    user = make_user(sqlite_stage.database, "ida")
    with sqlite_stage.database.writing() as session:
        session.add(LinkAccess(link_id=sqlite_stage.link_id, user_id=user.id))
    sqlite_stage.change_link(visibility=Visibility.SELECTED.value)
    return user


def test_the_card_does_not_wait_for_the_erp(app, sqlite_stage, inside):
    calls = len(sqlite_stage.server.calls)
    page = client_of(app, inside).get("/companies/1/erp")
    assert page.status_code == 200
    assert "Customer C1" in page.text
    assert f'data-load="/companies/1/erp/links/{sqlite_stage.link_id}"' in page.text
    assert "Telephone" in page.text
    assert len(sqlite_stage.server.calls) == calls


def test_a_block_brings_the_live_values_and_when_it_was_synced(app, sqlite_stage, inside):
    sqlite_stage.server.put("Customer", "C1", {"PHONE": "00 <b>00</b>"})
    block = client_of(app, inside).get(f"/companies/1/erp/links/{sqlite_stage.link_id}")
    assert block.status_code == 200
    assert "<dd>00 &lt;b&gt;00&lt;/b&gt;</dd>" in block.text
    assert "<dd>Denmark</dd>" in block.text
    assert "Read just now" in block.text
    assert "last synced" in block.text
    assert "<input" not in block.text


def test_a_dead_erp_shows_its_message_a_retry_and_the_last_values(app, sqlite_stage, inside):
    sqlite_stage.server.fail["get"] = UnavailableError("closed for stock-taking", instruction="come back at nine")
    block = client_of(app, inside).get(f"/companies/1/erp/links/{sqlite_stage.link_id}")
    assert block.status_code == 200
    assert "Closed for stock-taking" in block.text
    assert "Come back at nine" in block.text
    assert "data-retry" in block.text
    assert "Last values from" in block.text
    assert "<dd>86 12 00 45</dd>" in block.text


def test_without_a_script_the_page_itself_reads_the_values(app, inside):
    page = client_of(app, inside).get("/companies/1/erp?now=1").text
    assert "<dd>Denmark</dd>" in page
    assert "data-load=" not in page


def test_a_record_that_is_not_paired_says_so(app, sqlite_stage, inside):
    record_id = sqlite_stage.add("company", name="Beta")
    page = client_of(app, inside).get(f"/companies/{record_id}/erp").text
    assert "not connected" in page
    assert "This record is not connected to a Customer of Nordwind." in page
    assert "data-load=" not in page


def test_a_user_outside_finds_no_trace_of_the_link(app, sqlite_stage, inside):
    outside = client_of(app, make_administrator(sqlite_stage.database))
    for path in ("/companies/1", "/companies/1/erp"):
        page = outside.get(path).text
        assert "Nordwind" not in page
        assert "/erp" not in page.replace("/companies/1/erp", "" if path.endswith("erp") else "/erp")
    hidden = outside.get(f"/companies/1/erp/links/{sqlite_stage.link_id}")
    missing = outside.get("/companies/1/erp/links/4711")
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert "Nordwind" not in hidden.text
    assert "Nordwind" in client_of(app, inside).get("/companies/1/erp").text


def test_the_badge_counts_the_visible_links_on_which_the_record_is_paired(app, sqlite_stage, inside):
    tab = '>ERP <span class="tag">{}</span>'
    client = client_of(app, inside)
    assert tab.format(1) in client.get("/companies/1").text
    record_id = sqlite_stage.add("company", name="Beta")
    assert tab.format(0) in client.get(f"/companies/{record_id}").text


def test_the_tab_is_gone_with_the_last_visible_active_link(app, sqlite_stage, inside):
    client = client_of(app, inside)
    sqlite_stage.change_link(state=LinkState.INACTIVE.value)
    assert "/companies/1/erp" not in client.get("/companies/1").text
    assert client.get(f"/companies/1/erp/links/{sqlite_stage.link_id}").status_code == 404


def test_a_withdrawn_visibility_counts_at_once(app, sqlite_stage, inside):
    client = client_of(app, inside)
    with sqlite_stage.database.writing() as session:
        session.execute(delete(LinkAccess))
    assert client.get(f"/companies/1/erp/links/{sqlite_stage.link_id}").status_code == 404


def test_what_a_sync_changed_stands_beside_the_values(app, sqlite_stage, inside):
    sqlite_stage.server.put("Customer", "C1", {"PHONE": "86 12 00 99"})
    sqlite_stage.run()
    page = client_of(app, inside).get("/companies/1/erp").text
    old, new = '<span class="text-nowrap">86 12 00 45</span>', '<span class="text-nowrap">86 12 00 99</span>'
    assert f'<span class="was">{old}</span><br>{new}' in page
    other = client_of(app, make_user(sqlite_stage.database, "bo")).get("/companies/1/erp").text
    assert "86 12 00 45" not in other


def test_nobody_sees_a_tab_without_signing_in(app):
    assert client_of(app).get("/companies/1/erp").status_code == 302


def test_the_api_gives_the_same_blocks(app, sqlite_stage, inside):
    api = api_client(app, sqlite_stage.database, inside, TokenScope.READ)
    (block,) = api.get("/companies/1/erp-tab").json["items"]
    assert (block["link_name"], block["connected"], block["paused"]) == ("Nordwind", True, None)
    (actor,) = block["actors"]
    assert (actor["key"], actor["live"], actor["trouble"], actor["gone"]) == ("C1", True, None, False)
    assert {each["key"]: (each["value"], each["text"]) for each in actor["values"]} == {
        "PHONE": ("86 12 00 45", "86 12 00 45"),
        "COUNTRY": ("DK", "Denmark"),
        "CREDIT": (None, ""),
        "BLOCKED": (False, "No"),
        "ORDERS": (3, "3"),
    }
    sqlite_stage.server.fail["get"] = UnavailableError("closed")
    (block,) = api.get("/companies/1/erp-tab").json["items"]
    assert block["actors"][0]["trouble"] == {"text": "closed", "instruction": ""}
    outside = api_client(app, sqlite_stage.database, make_administrator(sqlite_stage.database))
    assert outside.get("/companies/1/erp-tab").json == {"items": []}
    assert outside.get("/companies/99/erp-tab").status_code == 404
    assert api.get("/persons/1/erp-tab").status_code == 404


def test_what_a_sync_wrote_in_the_erp_stands_there_in_the_erps_form(app, sqlite_stage, inside):
    with sqlite_stage.database.writing() as session:
        session.add(
            LogEntry(
                at=datetime.now(UTC),
                link_id=sqlite_stage.link_id,
                kind="changed",
                actor_type="Customer",
                erp_key="C1",
                entity_type="company",
                entity_id=1,
                target="erp",
                crm_field="phone",
                erp_field="CREDIT",
                old=None,
                new="1250.50",
                reason="only_crm_changed",
            )
        )
    text = client_of(app, inside).get("/companies/1/erp").text
    assert "1,250.50" in text
    assert "only the CRM changed" in text
