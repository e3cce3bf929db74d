"""What the hub of the demo holds before the first sync: some of the ERP's records, as a CRM would know them."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from host.crm import bulk
from plugins.workbook.sample.records import customers, orders, persons, products, projects

SEED = 11
KNOWN_SHARE = 0.75
OUTDATED_SHARE = 0.2
ONLY_HERE = 14
CENT = Decimal("0.01")
VAT_SHARE = Decimal("0.25")
ERP_ZONE = ZoneInfo("Europe/Copenhagen")
VAT_CODES = {"std": "high", "low": "low", "0": "zero"}
"""Items of the hub's list by those of the ERP's."""


@dataclass(frozen=True, slots=True)
class Entered:
    """How many records of each entity were entered."""

    companies: int
    persons: int
    projects: int
    products: int
    orders: int


def fill_hub(session: Session, customer_count: int, user_id: int) -> Entered:
    """Enter companies with their persons, projects and orders, and products; return how many.

    Three quarters of what the ERP has are known already, some customers with an old phone number or another way of
    writing the name; a few companies are known here only.
    """
    rng = random.Random(SEED)  # noqa: S311 - sample data is drawn, not guarded
    rows = list(customers(customer_count))
    known = [row for row in rows if rng.random() < KNOWN_SHARE]
    entered = datetime.now(UTC) - timedelta(days=400)
    origin = f"user:{user_id}"
    companies = [_company(row, rng) for row in known] + [_prospect(row) for row in customers(ONLY_HERE, seed=99)]
    ids = bulk.insert_many(session, "company", companies, origin, entered)
    by_number = dict(zip((row["CustNo"] for row in known), ids, strict=False))
    people = [
        _person(row, by_number[row["ParentKey"]])
        for row in persons(rows, customer_count * 2)
        if row["ParentKey"] in by_number and rng.random() < KNOWN_SHARE
    ]
    bulk.insert_many(session, "person", people, origin, entered)
    goods = [_product(row) for row in products() if rng.random() < KNOWN_SHARE]
    bulk.insert_many(session, "product", goods, origin, entered)
    work = [
        _project(row, by_number[row["ParentKey"]])
        for row in projects(rows, customer_count // 6)
        if row["ParentKey"] in by_number and rng.random() < KNOWN_SHARE
    ]
    bulk.insert_many(session, "project", work, origin, entered)
    currency_of = {row["CustNo"]: row["Currency"] for row in known}
    ordered = [
        _order(order, lines, by_number[order["ParentKey"]], currency_of[order["ParentKey"]])
        for order, lines in orders(rows, customer_count // 2)
        if order["ParentKey"] in by_number and rng.random() < KNOWN_SHARE
    ]
    bulk.insert_many(session, "sales_order", ordered, origin, entered)
    return Entered(len(companies), len(people), len(work), len(goods), len(ordered))


def _company(row: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    outdated = rng.random() < OUTDATED_SHARE
    return {
        "name": row["NAME"].replace("&", "og") if outdated else row["NAME"],
        "number": str(row["CustNo"]),
        "phone": row["PHONE"][:-2] + "00" if outdated else row["PHONE"],
        "email": row["EMAIL"],
        "vat_number": row["VATNO"],
        "country": row["COUNTRY"],
        "currency": row["Currency"],
        "postal.line1": row["POSTALAD1"],
        "postal.zip": row["POSTALZIP"],
        "postal.city": row["POSTALCITY"],
    }


def _prospect(row: dict[str, Any]) -> dict[str, Any]:
    return {"name": f"{row['NAME']} (prospect)", "phone": row["PHONE"], "country": row["COUNTRY"]}


def _person(row: dict[str, Any], company_id: int) -> dict[str, Any]:
    return {
        "company": company_id,
        "first_name": row["FIRSTNAME"],
        "last_name": row["LASTNAME"],
        "email": row["EMAIL"],
        "phone_direct": row["PHONE_DIRECT"],
    }


def _product(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "number": row["ItemNo"],
        "name": row["NAME"],
        "barcode": row["Barcode"],
        "unit": row["Unit"],
        "vat_code": VAT_CODES[row["VatCode"]],
        "price": row["Price"],
        "currency": "DKK",
        "category": "service" if row["Unit"] == "h" else "material",
        "service": row["Unit"] == "h",
    }


def _project(row: dict[str, Any], company_id: int) -> dict[str, Any]:
    return {
        "company": company_id,
        "number": str(row["ProjNo"]),
        "name": row["NAME"],
        "description": row["TEXT"],
        "status": "in_progress",
        "end_date": row["ENDDATE"],
    }


def _order(row: dict[str, Any], lines: list[dict[str, Any]], company_id: int, currency: str) -> dict[str, Any]:
    in_hub = {str(line["LineNo"]): _line(line) for line in lines}
    net: Decimal = sum((line["amount"] for line in in_hub.values()), Decimal())
    vat = (net * VAT_SHARE).quantize(CENT)
    return {
        "company": company_id,
        "number": str(row["OrderNo"]),
        "your_reference": row["YourRef"],
        "order_date": row["OrderDate"],
        "delivery_date": row["DeliveryTime"].replace(tzinfo=ERP_ZONE).astimezone(UTC),
        "status": "open",
        "currency": currency,
        "lines": in_hub,
        "amount_without_vat": net,
        "vat_amount": vat,
        "amount": net + vat,
    }


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    price = row["Quantity"] * row["Price"] * (100 - row["Discount"]) / 100
    return {
        "item_number": row["ItemNo"],
        "description": row["Description"],
        "quantity": row["Quantity"],
        "price": row["Price"],
        "discount": row["Discount"],
        "amount": price.quantize(CENT),
    }
