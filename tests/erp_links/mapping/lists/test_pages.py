import re

import pytest

from erp_links.links.models import ErpLink, LinkState
from erp_links.mapping.lists.page import MOST_OPTIONS
from erp_links.mapping.lists.pairs import joined_list
from host.crm.models import CrmListItem
from sync_connectors import UnavailableError
from tests.accounts import client_of, make_administrator, make_user

PAIR = {"erp_list": "countries", "crm_list": "country"}


@pytest.fixture
def admin(app, stage):
    return client_of(app, make_administrator(stage.database))


def address(stage):
    return f"/settings/sync/links/{stage.link_id}/lists"


def submitted(chosen, version=0, **more):
    return {**PAIR, "version": version, "erp_key": list(chosen), "crm_key": list(chosen.values()), **more}


def stored(stage):
    with stage.database.reading() as session:
        return joined_list(session, session.get_one(ErpLink, stage.link_id), *PAIR.values()).entries


def rows(page):
    """Return {key of the ERP's item: (what is chosen, what the row says)}."""
    found = {}
    for row in re.findall(r"<tr data-text.*?</tr>", page, re.DOTALL):
        key = re.search(r'name="erp_key" value="([^"]*)"', row)[1]
        chosen = re.search(r'<option value="([^"]+)" selected', row)
        found[key] = (chosen[1] if chosen else "", re.sub(r"<(select).*?</select>|<[^>]+>", " ", row, flags=re.DOTALL))
    return found


def test_every_item_of_the_erp_has_a_row_that_says_what_applies(admin, stage):
    page = admin.get(address(stage)).text
    shown = rows(page)
    assert list(shown) == ["1", "2", "SE"]
    assert "equal key: Sweden" in shown["SE"][1]
    assert "not mapped: skipped and counted" in shown["1"][1]
    assert "1 mapped" in page
    assert "2 not mapped" in page
    assert "Customer: Country" in page


def test_a_table_is_saved_and_shown_again(admin, stage):
    answer = admin.post(address(stage), data=submitted({"1": "DK", "2": "", "SE": ""}), follow_redirects=True)
    assert "Table saved" in answer.text
    assert rows(answer.text)["1"][0] == "DK"
    assert stored(stage) == {"1": "DK"}


def test_proposals_are_shown_and_not_saved(admin, stage):
    answer = admin.post(address(stage), data=submitted({"1": "", "2": "NO", "SE": ""}, action="propose"))
    shown = rows(answer.text)
    assert (shown["1"][0], shown["2"][0]) == ("DK", "NO")
    assert "proposed" in shown["1"][1]
    assert "1 item is proposed; nothing is saved yet" in answer.text
    assert stored(stage) == {}
    again = admin.post(address(stage), data=submitted({"1": "DK", "2": "NO", "SE": ""}, action="propose"))
    assert "No further items have equal names" in again.text


def test_an_item_that_is_chosen_twice_is_told_at_both_rows(admin, stage):
    answer = admin.post(address(stage), data=submitted({"1": "DK", "2": "DK", "SE": ""}))
    assert answer.status_code == 422
    shown = rows(answer.text)
    assert "“DK” of the CRM goes with “2” as well" in shown["1"][1]
    assert "“DK” of the CRM goes with “1” as well" in shown["2"][1]
    assert answer.text.count('aria-invalid="true"') == 2
    assert stored(stage) == {}


def test_an_entry_takes_its_item_away_from_the_equal_key(admin, stage):
    admin.post(address(stage), data=submitted({"1": "SE", "2": "", "SE": ""}))
    assert "not mapped" in rows(admin.get(address(stage)).text)["SE"][1]


def test_a_stale_table_keeps_what_was_chosen(admin, stage):
    admin.post(address(stage), data=submitted({"1": "DK"}))
    answer = admin.post(address(stage), data=submitted({"1": "NO"}))
    assert answer.status_code == 409
    assert rows(answer.text)["1"][0] == "NO"
    assert stored(stage) == {"1": "DK"}
    version = re.search(r'name="version" value="(\d+)"', answer.text)[1]
    assert admin.post(address(stage), data=submitted({"1": "NO"}, version)).status_code == 302


def test_an_erp_that_is_down_leaves_what_is_stored(admin, stage):
    admin.post(address(stage), data=submitted({"1": "DK", "2": "", "SE": ""}))
    stage.server.fail["list_items"] = UnavailableError("the ERP is down")
    page = admin.get(address(stage)).text
    assert "The ERP is down. Only what is stored is shown." in page
    assert {key: chosen for key, (chosen, _text) in rows(page).items()} == {"1": "DK"}
    assert "1 entry" in page
    assert admin.post(address(stage), data=submitted({"1": "NO"}, 1)).status_code == 302


def test_an_item_that_the_erp_no_longer_has_is_named(admin, stage):
    admin.post(address(stage), data=submitted({"1": "DK", "2": "", "SE": ""}))
    del stage.server.lists["countries"]["1"]
    assert "no longer in the ERP's list" in rows(admin.get(address(stage)).text)["1"][1].replace("&#39;", "'")


def test_a_table_is_locked_while_the_link_is_active(admin, stage):
    with stage.database.writing() as session:
        session.get_one(ErpLink, stage.link_id).state = LinkState.ACTIVE.value
    assert "The mapping is locked while the link is active" in admin.get(address(stage)).text
    assert admin.post(address(stage), data=submitted({"1": "DK"})).status_code == 409


def test_items_of_long_lists_are_typed_by_key_or_name(admin, stage):
    with stage.database.writing() as session:
        session.add_all(CrmListItem(list_key="country", key=f"K{n}", name=f"Land {n}") for n in range(200))
    stage.server.lists["countries"] = {str(n): f"Country {n}" for n in range(100)}
    assert MOST_OPTIONS < 200 * 100
    page = admin.get(address(stage)).text
    assert page.count("<option") < 300
    answer = admin.post(address(stage), data=submitted({"1": "land 7", "2": "K8", "3": "Atlantis"}))
    assert "the CRM&#39;s list has no item “Atlantis”" in answer.text
    admin.post(address(stage), data=submitted({"1": "land 7", "2": "K8", "3": ""}))
    assert stored(stage) == {"1": "K7", "2": "K8"}


def test_without_a_mapped_list_the_page_says_what_to_do(admin, stage):
    stage.map("Customer", {"NAME": "name"})
    assert "No list field is mapped" in admin.get(address(stage)).text


def test_hostile_names_of_items_are_shown_as_text(admin, stage):
    stage.server.lists["countries"] = {'"><script>x': "<b>bold</b>"}
    page = admin.get(address(stage)).text
    assert "<b>bold</b>" not in page
    assert "<script>x" not in page
    admin.post(address(stage), data=submitted({'"><script>x': "DK"}))
    assert stored(stage) == {'"><script>x': "DK"}


def test_only_administrators_see_it_and_only_joined_lists_are_found(app, admin, stage):
    assert client_of(app, make_user(stage.database, "ida")).get(address(stage)).status_code == 403
    assert admin.get(address(stage), query_string={"erp_list": "x", "crm_list": "country"}).status_code == 404
