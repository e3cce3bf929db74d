"""Import of orders with their lines: the order is repeated for each of its lines."""

from decimal import Decimal
from html import unescape

import pytest
from flask.testing import FlaskClient

from host.crm import bulk
from host.crm.importing import planning
from host.crm.values import CrmRows
from host.database import Database
from tests.host.crm.conftest import THEN
from tests.host.crm.test_importing import companies, run, staged

HEADER = "Number,Your reference,Item number,Quantity,Lines: Price\n"
COLUMNS = ["number", "your_reference", "lines.item_number", "lines.quantity", "lines.price"]


def lines(hub: Database, number: str) -> CrmRows:
    [found] = [record for record in companies(hub, "sales_order") if record.values["number"] == number]
    rows = found.values["lines"]
    assert isinstance(rows, dict)
    return rows


def short(rows: CrmRows) -> list[tuple[object, object]]:
    return [(row["item_number"], row["quantity"]) for row in rows.values()]


def test_the_lines_of_an_order_stand_below_each_other(user: FlaskClient, sqlite_hub: Database) -> None:
    content = f"{HEADER}1,PO-1,A-1,4,2.50\n1,PO-1,A-2,1.5,\n2,PO-2,,,\n,PO-3,A-1,1,\n"
    address = staged(user, content, "sales-orders")
    proposed = user.get(address).get_data(as_text=True)
    assert proposed.count("selected") >= len(COLUMNS)
    page = run(user, address, column=COLUMNS, match="number")
    assert "4 of 4 rows" in page
    assert short(lines(sqlite_hub, "1")) == [("A-1", Decimal(4)), ("A-2", Decimal("1.5"))]
    assert lines(sqlite_hub, "2") == {}
    assert len(companies(sqlite_hub, "sales_order")) == 3

    keys = list(lines(sqlite_hub, "1"))
    again = run(user, staged(user, content.replace("1.5", "9"), "sales-orders"), column=COLUMNS, match="number")
    assert "Import finished" in again
    assert list(lines(sqlite_hub, "1")) == keys
    assert short(lines(sqlite_hub, "1")) == [("A-1", Decimal(4)), ("A-2", Decimal(9))]


def test_lines_that_the_file_does_not_have_stay_unless_empty_cells_empty(
    user: FlaskClient, sqlite_hub: Database
) -> None:
    with sqlite_hub.writing() as session:
        bulk.insert_many(session, "sales_order", [{"number": "1", "lines": {"10": {"item_number": "A"}}}], "u", THEN)
    content = f"{HEADER}1,PO-9,,,\n"
    run(user, staged(user, content, "sales-orders"), column=COLUMNS, match="number")
    assert list(lines(sqlite_hub, "1")) == ["10"]
    run(user, staged(user, content, "sales-orders"), column=COLUMNS, match="number", clears="1")
    assert lines(sqlite_hub, "1") == {}
    content = f"{HEADER}1,PO-9,A-1,,\n1,,A-2,,\n"
    run(user, staged(user, content, "sales-orders"), column=COLUMNS, match="number", clears="1")
    assert short(lines(sqlite_hub, "1")) == [("A-1", None), ("A-2", None)]


def test_what_is_wrong_in_a_line_refuses_its_order_and_says_where(user: FlaskClient, sqlite_hub: Database) -> None:
    content = f"{HEADER}1,PO-1,A-1,4,\n1,PO-1,A-2,many,\n2,PO-2,A-1,1,\n1,PO-1,A-3,1,\n3,PO-3,A-1,1,\n3,PO-4,A-1,1,\n"
    address = staged(user, content, "sales-orders")
    user.post(address, data={"column": COLUMNS, "match": "number"})
    preview = unescape(user.get(address).get_data(as_text=True))
    assert "Lines 2 Quantity: " in preview
    page = run(user, address, column=COLUMNS, match="number")
    assert "Lines 2 Quantity: " in page
    assert "is the same record as row 2" in page
    assert "Your reference: is not the same in row 7" in page
    assert [record.values["number"] for record in companies(sqlite_hub, "sales_order")] == ["2"]


def test_lines_need_something_by_which_their_order_is_recognised(user: FlaskClient) -> None:
    address = staged(user, f"{HEADER}1,PO-1,A-1,4,\n", "sales-orders")
    refused = user.post(address, data={"column": COLUMNS})
    assert refused.status_code == 422
    assert "recognised" in refused.get_data(as_text=True)
    for match in ("lines", "lines.item_number"):
        assert user.post(address, data={"column": COLUMNS, "match": match}).status_code == 422


@pytest.mark.parametrize("rows_per_piece", [1, 2, 3, 7])
def test_the_lines_of_an_order_stay_together_wherever_the_file_is_cut(
    user: FlaskClient, sqlite_hub: Database, monkeypatch: pytest.MonkeyPatch, rows_per_piece: int
) -> None:
    monkeypatch.setattr(planning, "ROWS_PER_PIECE", rows_per_piece)
    monkeypatch.setattr("host.crm.pages.importing.SECONDS_PER_STEP", 0.0)
    content = HEADER + "".join(f"{order},,A-{line},1,\n" for order in range(1, 6) for line in range(order))
    page = run(user, staged(user, content, "sales-orders"), column=COLUMNS, match="number")
    assert "15 of 15 rows" in page
    assert [len(lines(sqlite_hub, str(order))) for order in range(1, 6)] == [1, 2, 3, 4, 5]
