"""docs/records.md tells how records are reached and imported as it is."""

import io
from pathlib import Path

from flask.testing import FlaskClient

from host.crm import records
from host.crm.registry import entity_types
from host.crm.row_values import MOST_ROWS
from host.crm.rows import rows_in
from host.database import Database
from tests.host.crm.conftest import app, sqlite_hub, user

__all__ = ["app", "sqlite_hub", "user"]

PAGE = (Path(__file__).parents[2] / "docs" / "records.md").read_text()


def test_every_entity_is_named_with_its_address() -> None:
    for entity in entity_types().values():
        assert f"`/api/v1/{entity.path}`" in PAGE


def test_the_number_of_rows_is_the_one_that_is_kept() -> None:
    assert f"at most {MOST_ROWS:,} rows" in PAGE


def test_the_file_with_lines_can_be_imported_as_it_stands(user: FlaskClient, sqlite_hub: Database) -> None:
    lines = PAGE.split("\n    Number;Item number;Quantity\n")[1].split("\n\n")[0]
    content = "Number;Item number;Quantity\n" + "\n".join(line.strip() for line in lines.splitlines())
    files = {"file": (io.BytesIO(content.encode()), "orders.csv")}
    address = user.post("/sales-orders/import", data=files).location
    columns = ["number", "lines.item_number", "lines.quantity"]
    user.post(address, data={"column": columns, "match": "number"})
    user.post(f"{address}/start")
    user.post(f"{address}/progress")
    with sqlite_hub.reading() as session:
        order = records.get(session, "sales_order", 1)
    assert order.values["number"] == "900"
    rows = rows_in(order.values, entity_types()["sales_order"].by_key["lines"])
    assert [row["item_number"] for row in rows.values()] == ["A-0001", "A-0007"]
