"""The pages of sales orders: their lines are edited without a script."""

from decimal import Decimal
from html import unescape

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from host.crm import bulk, records
from host.crm.values import CrmRows, CrmValue
from host.database import Database
from tests.forms import fields_of_form
from tests.host.crm.conftest import LATER, THEN

LINES: CrmRows = {
    "10": {"item_number": "A-1", "quantity": Decimal(4), "unit": "pcs"},
    "20": {"item_number": "A-2", "quantity": Decimal(1)},
}


@pytest.fixture
def order(sqlite_hub: Database) -> int:
    with sqlite_hub.writing() as session:
        (company,) = bulk.insert_many(session, "company", [{"name": "Nordwind"}], "user:1", THEN)
        values: dict[str, CrmValue] = {"number": "900", "company": company, "lines": LINES}
        (order_id,) = bulk.insert_many(session, "sales_order", [values], "user:1", THEN)
    return order_id


def stored(hub: Database, order: int) -> dict[str, tuple[object, object]]:
    with hub.reading() as session:
        rows = records.get(session, "sales_order", order).values["lines"]
    assert isinstance(rows, dict)
    return {key: (row["item_number"], row["quantity"]) for key, row in rows.items()}


def form_of(user: FlaskClient, address: str) -> MultiDict[str, str]:
    return fields_of_form(user.get(address).get_data(as_text=True))


def test_the_card_shows_the_lines_and_leads_there_from_the_company(user: FlaskClient, order: int) -> None:
    card = unescape(user.get(f"/sales-orders/{order}").get_data(as_text=True))
    for text in ("A-1", "A-2", "Piece", "Nordwind", "Lines"):
        assert text in card
    assert "Discount %" not in card
    listed = user.get("/companies/1/sales-orders").get_data(as_text=True)
    assert f"/sales-orders/{order}" in listed
    assert "/projects" in user.get("/companies/1").get_data(as_text=True)


def test_saving_an_untouched_form_changes_nothing(user: FlaskClient, sqlite_hub: Database, order: int) -> None:
    form = form_of(user, f"/sales-orders/{order}/edit")
    assert user.post(f"/sales-orders/{order}/edit", data=form).status_code == 302
    with sqlite_hub.reading() as session:
        assert records.get(session, "sales_order", order).version == 1


def test_lines_are_changed_added_and_removed(user: FlaskClient, sqlite_hub: Database, order: int) -> None:
    address = f"/sales-orders/{order}/edit"
    form = form_of(user, address)
    form["lines.10.quantity"] = "7.25"
    form["lines.+1.item_number"] = "A-3"
    added = user.post(address, data={**form.to_dict(), "add_row": "lines"})
    assert added.status_code == 200
    form = fields_of_form(added.get_data(as_text=True))
    assert (form["lines.10.quantity"], form["lines.+1.item_number"], form["lines.+2.item_number"]) == (
        "7.25",
        "A-3",
        "",
    )
    removed = user.post(address, data={**form.to_dict(), "remove_row": "lines.20"})
    form = fields_of_form(removed.get_data(as_text=True))
    assert not any(name.startswith("lines.20") for name in form)
    assert stored(sqlite_hub, order) == {"10": ("A-1", Decimal(4)), "20": ("A-2", Decimal(1))}
    assert user.post(address, data=form).status_code == 302
    rows = stored(sqlite_hub, order)
    assert list(rows.values()) == [("A-1", Decimal("7.25")), ("A-3", None)]
    assert next(iter(rows)) == "10"


def test_faults_of_cells_stand_beside_them_and_nothing_typed_is_lost(
    user: FlaskClient, sqlite_hub: Database, order: int
) -> None:
    address = f"/sales-orders/{order}/edit"
    form = form_of(user, address)
    form["lines.10.quantity"] = "many"
    form["lines.+1.unit"] = "furlong"
    form["lines.+1.notes"] = "kept"
    refused = user.post(address, data=form)
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert page.count('aria-invalid="true"') == 2
    kept = fields_of_form(page)
    assert (kept["lines.10.quantity"], kept["lines.+1.notes"]) == ("many", "kept")
    assert len(stored(sqlite_hub, order)) == 2


def test_an_order_is_added_with_its_lines_and_empty_rows_are_none(user: FlaskClient, sqlite_hub: Database) -> None:
    form = form_of(user, "/sales-orders/new")
    form["number"] = "901"
    form["lines.+1.item_number"] = "A-1"
    more = user.post("/sales-orders/new", data={**form.to_dict(), "add_row": "lines"})
    form = fields_of_form(more.get_data(as_text=True))
    answer = user.post("/sales-orders/new", data=form)
    assert answer.status_code == 302
    assert list(stored(sqlite_hub, int(answer.location.rsplit("/", 1)[1])).values()) == [("A-1", None)]


def test_who_was_first_keeps_the_lines_and_both_sides_are_shown(
    user: FlaskClient, sqlite_hub: Database, order: int
) -> None:
    address = f"/sales-orders/{order}/edit"
    form = form_of(user, address)
    theirs: CrmRows = {"10": {"quantity": Decimal(5)}, "30": {"item_number": "A-9"}}
    with sqlite_hub.writing() as session:
        bulk.update_many(session, "sales_order", [(order, {"lines": theirs})], "user:2", LATER)
    form["lines.10.quantity"] = "6"
    form["lines.20.quantity"] = "2"
    form["lines.+1.item_number"] = "A-3"
    answer = user.post(address, data=form)
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 409
    assert "Lines 10, Quantity" in page
    assert "removed" in page
    form = fields_of_form(answer.get_data(as_text=True))
    assert form["lines.30.item_number"] == "A-9"
    assert user.post(address, data=form).status_code == 302
    rows = stored(sqlite_hub, order)
    assert rows["10"] == ("A-1", Decimal(6))
    assert rows["30"] == ("A-9", None)
    assert [row for key, row in rows.items() if key not in {"10", "30"}] == [("A-2", Decimal(2)), ("A-3", None)]
