"""Columns of rows and the choice of who wins, on the mapping page and over the API."""

import pytest

from host.accounts.models import TokenScope
from tests.accounts import api_client, client_of, make_administrator
from tests.erp_links.mapping.stored import stored_link, type_row
from tests.erp_links.mapping.test_pages import address, form_of, with_values
from tests.erp_links.mapping.test_row_columns import ALL, ORDERS


@pytest.fixture
def link(sqlite_database):
    with sqlite_database.writing() as session:
        return stored_link(session, declared=ORDERS)


@pytest.fixture
def admin(app, sqlite_database):
    return client_of(app, make_administrator(sqlite_database))


def lines(database, link):
    with database.reading() as session:
        return next(each for each in type_row(session, link, "SalesOrder").fields if each.key == "Lines")


def test_columns_stand_below_their_field_and_are_saved_with_the_page(admin, sqlite_database, link):
    row = lines(sqlite_database, link)
    page = admin.get(address(link)).text
    assert "Columns of Lines" in page
    sent = with_values(form_of(page), **{f"f{row.id}.column.1": "", f"f{row.id}.to_crm": "1", f"f{row.id}.to_erp": "1"})
    sent[f"f{row.id}.policy"] = "crm"
    assert admin.post(address(link), data=sent).status_code == 302
    now = lines(sqlite_database, link)
    assert now.row_columns == {key: crm for key, crm in ALL.items() if key != "Text"}
    assert (now.to_crm, now.to_erp, now.policy) == (True, True, "crm")
    again = admin.get(address(link)).text
    assert admin.post(address(link), data=with_values(form_of(again))).status_code == 302
    assert lines(sqlite_database, link).row_columns == now.row_columns


def test_columns_that_meet_are_told_beside_their_field(admin, sqlite_database, link):
    row = lines(sqlite_database, link)
    sent = with_values(form_of(admin.get(address(link)).text), **{f"f{row.id}.column.3": "quantity"})
    answer = admin.post(address(link), data=sent)
    assert answer.status_code == 422
    assert f'id="f{row.id}-wrong">“Quantity” and “Price” both go with “Quantity”' in answer.text
    assert lines(sqlite_database, link).row_columns == ALL


def test_a_field_that_is_unmapped_loses_its_columns_and_gets_proposals_when_it_is_mapped_again(
    admin, sqlite_database, link
):
    row = lines(sqlite_database, link)
    sent = with_values(form_of(admin.get(address(link)).text), **{f"f{row.id}.crm_field": ""})
    admin.post(address(link), data=sent)
    assert (lines(sqlite_database, link).crm_field, lines(sqlite_database, link).row_columns) == (None, {})
    page = admin.get(address(link)).text
    assert "Columns of Lines" not in page
    admin.post(address(link), data=with_values(form_of(page), **{f"f{row.id}.crm_field": "lines"}))
    assert lines(sqlite_database, link).row_columns == ALL


def test_the_api_tells_columns_and_policies_and_takes_them(app, sqlite_database, link):
    api = api_client(app, sqlite_database, make_administrator(sqlite_database), TokenScope.ADMIN)
    path = f"/erp-links/{link.id}/mappings"
    read = api.get(path)
    (orders,) = read.json["actor_types"]
    told = next(each for each in orders["fields"] if each["key"] == "Lines")
    assert (told["policy"], told["row_columns"]) == ("priority", ALL)
    assert orders["policies"] == ["priority", "crm", "erp", "ask"]
    columns = {each["key"]: each for each in told["columns"]}
    assert columns["ItemNo"]["mandatory"]
    assert columns["Net_Amount"]["read_only"]
    texts_and_list = ["item_number", "description", "unit", "vat_code", "cost_centre", "cost_unit", "notes"]
    assert columns["VATCode"]["crm_columns"] == texts_and_list
    field = {"key": "Lines", "to_crm": True, "to_erp": True, "policy": "ask", "row_columns": {"Quantity": "quantity"}}
    change = {"actor_types": [{"name": "SalesOrder", "fields": [field]}]}
    changed = api.put(path, json=change, headers={"If-Match": read.headers["ETag"]})
    assert changed.status_code == 200
    assert lines(sqlite_database, link).policy == "ask"
    assert lines(sqlite_database, link).row_columns == {"Quantity": "quantity"}
