"""Sample records, the same for the same seed."""

import random
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from plugins.workbook.sample.names import LANDS, LISTS, POSITIONS, PRODUCTS, TITLES, Land

Row = dict[str, Any]
FIRST_DAY = date(2012, 1, 9)
LAST_CHANGE = datetime(2026, 10, 1, 8, 0)


def customers(count: int, seed: int = 1) -> Iterator[Row]:
    """Yield customers; names do not repeat within the first few thousand."""
    rng = random.Random(seed)
    for number in range(count):
        land = LANDS[rng.randrange(len(LANDS))]
        since = FIRST_DAY + timedelta(days=rng.randrange(5000))
        limit = rng.choice((0, 10000, 25000, 60000, 150000))
        yield {
            "CustNo": 10001 + number,
            **_company(rng, land, number),
            "CustomerGroup": rng.choice(list(LISTS["CustomerGroup"])),
            "CreditLimit": Decimal(limit),
            "Balance": Decimal(rng.randrange(limit * 100 + 1)) / 100,
            "Blocked": rng.random() < 0.03,
            "CustomerSince": since,
            "LastModified": _modified(rng),
        }


def suppliers(count: int, seed: int = 2) -> Iterator[Row]:
    """Yield suppliers."""
    rng = random.Random(seed)
    for number in range(count):
        land = LANDS[rng.randrange(len(LANDS))]
        yield {"SupNo": 50001 + number, **_company(rng, land, 7919 + number), "LastModified": _modified(rng)}


def persons(customer_rows: list[Row], count: int, seed: int = 3) -> Iterator[Row]:
    """Yield persons, each under one of the customers."""
    rng = random.Random(seed)
    by_country = {land.country: land for land in LANDS}
    for number in range(count):
        customer = rng.choice(customer_rows)
        land = by_country[customer["COUNTRY"]]
        first, last = rng.choice(land.first_names), rng.choice(land.families)
        host = customer["EMAIL"].partition("@")[2]
        yield {
            "PersonNo": 70001 + number,
            "FIRSTNAME": first,
            "LASTNAME": last,
            "TITLE": rng.choice(TITLES) or None,
            "POSITION": rng.choice(POSITIONS),
            "EMAIL": f"{_plain(first)}.{_plain(last)}@{host}",
            "PHONE_DIRECT": _phone(rng, land),
            "PHONE_MOBILE": _phone(rng, land) if rng.random() < 0.6 else None,
            "BIRTHDATE": date(1960, 1, 1) + timedelta(days=rng.randrange(15000)) if rng.random() < 0.3 else None,
            "ParentType": "Customer",
            "ParentKey": customer["CustNo"],
            "LastModified": _modified(rng),
        }


def projects(customer_rows: list[Row], count: int, seed: int = 4) -> Iterator[Row]:
    """Yield projects, each for one of the customers."""
    rng = random.Random(seed)
    for number in range(count):
        customer = rng.choice(customer_rows)
        yield {
            "ProjNo": 3001 + number,
            "NAME": f"{rng.choice(('Kitchen', 'Office', 'Shop', 'Warehouse', 'Reception'))} {customer['POSTALCITY']}",
            "TEXT": f"Fitting for {customer['NAME']}",
            "ENDDATE": date(2026, 1, 1) + timedelta(days=rng.randrange(700)),
            "ParentType": "Customer",
            "ParentKey": customer["CustNo"],
            "LastModified": _modified(rng),
        }


def products() -> Iterator[Row]:
    """Yield products."""
    for number, (name, unit, price) in enumerate(PRODUCTS, start=1):
        yield {
            "ItemNo": f"A-{number:04}",
            "NAME": name,
            "Barcode": f"57000000{number:05}",
            "Unit": unit,
            "VatCode": "std",
            "Price": Decimal(price),
            "LastModified": LAST_CHANGE.isoformat(),
        }


def orders(
    customer_rows: list[Row], count: int, seed: int = 5, first_number: int = 900_001, reference: str = "PO"
) -> Iterator[tuple[Row, list[Row]]]:
    """Yield sales orders with their lines; `reference` begins what the customers call them."""
    rng = random.Random(seed)
    items = list(products())
    for number in range(count):
        day = date(2026, 1, 5) + timedelta(days=rng.randrange(300))
        order = {
            "OrderNo": first_number + number,
            "YourRef": f"{reference}-{rng.randrange(10000, 99999)}",
            "OrderDate": day,
            "DeliveryTime": datetime(day.year, day.month, day.day, 7, 30) + timedelta(days=rng.randrange(3, 30)),
            "ParentType": "Customer",
            "ParentKey": rng.choice(customer_rows)["CustNo"],
            "LastModified": _modified(rng),
        }
        lines = [
            {
                "OrderNo": order["OrderNo"],
                "LineNo": line * 10,
                "ItemNo": item["ItemNo"],
                "Description": item["NAME"],
                "Quantity": Decimal(rng.randrange(1, 40)),
                "Price": item["Price"],
                "Discount": Decimal(rng.choice((0, 0, 5, 10))),
            }
            for line, item in enumerate(rng.sample(items, rng.randrange(1, 5)), start=1)
        ]
        yield order, lines


def _company(rng: random.Random, land: Land, number: int) -> Row:
    family = rng.choice(land.families)
    name = f"{family} {rng.choice(land.trades)} {rng.choice(land.forms)}"
    postcode, city = rng.choice(land.cities)
    host = f"{_plain(family)}{number + 1}.{land.domain}"
    return {
        "NAME": name,
        "POSTALAD1": f"{rng.choice(land.streets)} {rng.randrange(1, 180)}",
        "POSTALAD2": None,
        "POSTALZIP": postcode,
        "POSTALCITY": city,
        "COUNTRY": land.country,
        "PHONE": _phone(rng, land),
        "EMAIL": f"info@{host}",
        "URL": f"https://www.{host}",
        "VATNO": land.vat.format(10_000_000 + number * 37 + rng.randrange(37)),
        "PaymentTerms": rng.choice(list(LISTS["PaymentTerms"])),
        "Currency": land.currency,
    }


def _phone(rng: random.Random, land: Land) -> str:
    digits = f"{rng.randrange(10_000_000, 99_999_999)}"
    return f"{land.dial} {digits[:2]} {digits[2:4]} {digits[4:6]} {digits[6:]}"


def _modified(rng: random.Random) -> str:
    return (LAST_CHANGE - timedelta(minutes=rng.randrange(500_000))).isoformat()


def _plain(name: str) -> str:
    folded = name.lower().replace("ø", "o").replace("æ", "ae").replace("ß", "ss").replace(" ", "")
    return unicodedata.normalize("NFKD", folded).encode("ascii", "ignore").decode()
