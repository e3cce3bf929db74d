"""What the hub of the demo holds before the first sync: some of the ERP's customers, as a CRM would know them."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from host.crm import bulk
from plugins.workbook.sample.records import customers, persons

SEED = 11
KNOWN_SHARE = 0.75
OUTDATED_SHARE = 0.2
ONLY_HERE = 14


def fill_hub(session: Session, customer_count: int, user_id: int) -> tuple[int, int]:
    """Enter companies and persons; return how many.

    Three quarters of the ERP's customers are known already, some with an old phone number or another way of writing
    the name; a few companies are known here only.
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
    return len(companies), len(people)


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
