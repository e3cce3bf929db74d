"""Two ERPs and the CRM between them: an order of the one becomes an order of the other, with customer and lines."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.erp_links.sync.ledger_stage import LedgerStage

Stager = Callable[..., LedgerStage]

COLUMNS = {"PRODUCT": "item_number", "TEXT": "description", "QUANTITY": "quantity", "PRICE": "price"}
SHOP = {
    "Customer": {"NAME": ("name", "both"), "EMAIL": ("email", "both"), "VATNO": ("vat_number", "both")},
    "Product": {"CODE": ("number", "both"), "NAME": ("name", "both"), "PRICE": ("price", "both")},
    "SalesOrder": {
        "ORDERNO": ("number", "to_crm"),
        "ORDERED": ("order_date", "both"),
        "NOTE": ("notes", "both"),
        "LINES": ("lines", "both", COLUMNS),
    },
}
BOOKS = {**SHOP, "SalesOrder": {**SHOP["SalesOrder"], "YOURREF": ("number", "to_erp")}}
del BOOKS["SalesOrder"]["ORDERNO"]
MATCH = {"Customer": ("vat_number",), "Product": ("number",), "SalesOrder": ("number",)}


def prepare(stage: LedgerStage) -> None:
    """Orders come from ERP 0, the shop, and go to ERP 1, the books; customers and products go both ways."""
    for name, fields in SHOP.items():
        stage.map(0, name, fields, unpaired_pull="create", unpaired_push="create", match=MATCH[name])
    for name, fields in BOOKS.items():
        pull = "ignore" if name == "SalesOrder" else "create"
        stage.map(1, name, fields, unpaired_pull=pull, unpaired_push="create", match=MATCH[name])
    stage.rank(1, "crm", 0)


def line(product: str, quantity: str, price: str = "9.50", text: str = "") -> dict[str, Any]:
    return {"PRODUCT": product, "TEXT": text or None, "QUANTITY": Decimal(quantity), "PRICE": Decimal(price)}


def lines_of(stage: LedgerStage, link: int, key: str) -> dict[str, str]:
    """Return product → quantity of the lines of an order."""
    held = stage.ledgers[link].books.value("SalesOrder", key, "LINES")
    return {each["values"]["PRODUCT"]: each["values"]["QUANTITY"] for each in held or ()}


def order_from_the_shop(stage: LedgerStage) -> str:
    """Let the shop take an order, and bring it to the books; return its key there."""
    shop = stage.ledgers[0].books
    shop.put("Customer", "W1", {"NAME": "Alfa", "VATNO": "DK1"})
    shop.put("Product", "A1", {"CODE": "bolt", "NAME": "Bolt", "PRICE": "9.50"})
    shop.put("Product", "A2", {"CODE": "nut", "NAME": "Nut"})
    shop.put("SalesOrder", "O1", {"NOTE": "urgent", "LINES": {"10": line("bolt", "2"), "20": line("nut", "1.5")}}, "W1")
    stage.run_until_quiet()
    (key,) = stage.ledgers[1].books.tables["SalesOrder"]
    return key


def test_an_order_of_one_erp_becomes_one_of_the_other_with_customer_and_lines(ledgers: Stager) -> None:
    stage = ledgers({}, {})
    prepare(stage)
    # the books know the customer already, under a key of their own, and one of the products
    books = stage.ledgers[1].books
    books.put("Customer", "K7", {"NAME": "Alfa", "VATNO": "DK1", "EMAIL": "alfa@x.example"})
    books.put("Product", "B9", {"CODE": "nut", "NAME": "Nut"})
    key = order_from_the_shop(stage)
    order = books.tables["SalesOrder"][key]
    assert (order.parent, order.values["YOURREF"], order.values["NOTE"]) == ("K7", "O1", "urgent")
    assert lines_of(stage, 1, key) == {"bolt": "2.000", "nut": "1.500"}
    assert sorted(record.values["CODE"] for record in books.tables["Product"].values()) == ["bolt", "nut"]
    assert list(books.tables["Customer"]) == ["K7"]
    assert stage.ledgers[0].books.value("Customer", "W1", "EMAIL") == "alfa@x.example"
    assert len(stage.hub("sales_order")) == len(stage.hub("company")) == 1
    stage.assert_equal_everywhere()
    stage.assert_none_lost_or_doubled()


def test_lines_that_are_changed_added_and_removed_on_three_sides_come_together(ledgers: Stager) -> None:
    stage = ledgers({}, {"ConditionalSave": "true"})
    prepare(stage)
    key = order_from_the_shop(stage)
    shop, books = stage.ledgers[0].books, stage.ledgers[1].books
    keys = {each["values"]["PRODUCT"]: each["key"] for each in books.value("SalesOrder", key, "LINES")}
    shop.put("SalesOrder", "O1", {"LINES": {"10": line("bolt", "5"), "20": line("nut", "1.5"), "30": line("rod", "1")}})
    books.put(
        "SalesOrder", key, {"LINES": {keys["bolt"]: line("bolt", "2"), "90": line("pin", "4")}, "ORDERED": "2026-02-28"}
    )
    (order,) = stage.hub("sales_order").values()
    rows = dict(order.values["lines"])
    rows["new"] = {"item_number": "saw", "quantity": Decimal(7)}
    stage.edit("sales_order", order.id, lines=rows)
    stage.run_until_quiet()
    wanted = {"bolt": "5.000", "rod": "1.000", "pin": "4.000", "saw": "7.000"}
    assert (lines_of(stage, 0, "O1"), lines_of(stage, 1, key)) == (wanted, wanted)
    assert shop.value("SalesOrder", "O1", "ORDERED") == "2026-02-28"
    stage.assert_equal_everywhere()
    stage.assert_none_lost_or_doubled()


def test_an_order_waits_for_its_customer_and_follows_by_itself(sqlite_ledgers: Stager) -> None:
    stage = sqlite_ledgers({}, {})
    prepare(stage)
    stage.ledgers[1].faults.on("refuse", calls=["create"], tables=["Customer"])
    shop = stage.ledgers[0].books
    shop.put("Customer", "W1", {"NAME": "Alfa", "VATNO": "DK1"})
    shop.put("SalesOrder", "O1", {"LINES": {"10": line("bolt", "2")}}, "W1")
    stage.run_all()
    assert stage.ledgers[1].books.tables["SalesOrder"] == {}
    stage.ledgers[1].faults.off()
    stage.let_retries_come_due()
    stage.run_until_quiet()
    assert len(stage.ledgers[1].books.tables["SalesOrder"]) == 1
    assert stage.failed(1) == []
    stage.assert_equal_everywhere()
    stage.assert_none_lost_or_doubled()


@pytest.mark.parametrize("seed", range(2))
def test_orders_arrive_once_although_everything_goes_wrong(ledgers: Stager, seed: int) -> None:
    stage = ledgers({"PageSize": "2"}, {"Batch": "3", "ConditionalSave": "true", "PageSize": "3"})
    prepare(stage)
    for place, ledger in enumerate(stage.ledgers):
        for number, kind in enumerate(("lost", "drop", "status", "garbage", "repeat", "shuffle", "refuse", "swallow")):
            ledger.faults.on(kind, probability=0.05, seed=seed * 100 + place * 10 + number)
    shop, books = stage.ledgers[0].books, stage.ledgers[1].books
    shop.put("Product", "A1", {"CODE": "bolt", "NAME": "Bolt"})
    for turn in range(8):
        shop.put("Customer", f"W{turn}", {"NAME": f"Alfa {turn}", "VATNO": f"DK{turn}"})
        shop.put("SalesOrder", f"O{turn}", {"LINES": {"10": line("bolt", str(turn + 1))}}, f"W{turn // 2}")
        for each in list(books.tables["SalesOrder"])[:2]:
            books.put("SalesOrder", each, {"NOTE": f"seen in turn {turn}"})
        stage.run_all()
    for ledger in stage.ledgers:
        ledger.faults.off()
    stage.let_retries_come_due()
    stage.run_until_quiet()
    assert sorted(stage.ledgers[1].names("SalesOrder", "YOURREF")) == [f"O{turn}" for turn in range(8)]
    assert len(stage.hub("company")) == len(books.tables["Customer"]) == len(shop.tables["Customer"]) == 8
    stage.assert_equal_everywhere()
    stage.assert_none_lost_or_doubled()
