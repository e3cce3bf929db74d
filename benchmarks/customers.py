"""The customers of the benchmark, and what they are in the target: the same for every engine.

Only the standard library is used, because the engines run in environments of their own.
"""

import random
from collections.abc import Iterator, Mapping
from decimal import Decimal
from hashlib import blake2b
from typing import Any

SEED = 20
CHANGED_EACH = 100
"""One of so many customers changes between two runs: 1 %."""

COLUMNS: Mapping[str, str] = {
    "NAME": "name",
    "DEPARTMENT": "department",
    "CUSTNO": "number",
    "CODE": "code",
    "CATEGORY": "category",
    "COUNTRY": "country",
    "CURRENCY": "currency",
    "PAYMENTTERMS": "payment_terms",
    "PHONE": "phone",
    "FAX": "fax",
    "EMAIL": "email",
    "URL": "url",
    "VATNO": "vat_number",
    "REGNO": "registration_number",
    "DESCRIPTION": "description",
    "CREDITLIMIT": "credit_limit",
    "BLOCKED": "blocked",
    "POSTALAD1": "postal_line1",
    "POSTALZIP": "postal_zip",
    "POSTALCITY": "postal_city",
}
"""ERP field → column of the target; all twenty are mapped. CREDITLIMIT is a decimal as text, BLOCKED true or false."""

KEY_COLUMN = "number"

_FIRST = ("Alfa", "Berg", "Cedar", "Delta", "Elm", "Fjord", "Grønn", "Harbour", "Isar", "Juniper", "Köln", "Łódź")
_SECOND = ("Bakery", "Metals", "Logistics", "Foods", "Textiles", "Printing", "Energy", "Shipping", "Paper", "Tools")
_FORM = ("A/S", "GmbH", "Ltd", "BV", "SRL", "AS", "AB", "SA")
_CITIES = ("Aarhus", "Bergen", "Cluj-Napoca", "Düsseldorf", "Eindhoven", "Fredrikstad", "Gdańsk", "Hamburg", "Oslo")
_CURRENCIES = {"DK": "DKK", "NO": "NOK", "DE": "EUR", "NL": "EUR", "RO": "RON", "SE": "SEK", "PL": "PLN"}
_CATEGORIES = ("customer", "supplier", "prospect", "partner", "other")
_TERMS = ("net_8", "net_14", "net_30", "net_60", "end_of_month", None)


def key_of(number: int) -> str:
    """Return the key of a customer, which is its number in the target too."""
    return f"C{number:07d}"


def values_of(number: int, *, changed: bool = False) -> dict[str, Any]:
    """Return the values of a customer by ERP field, in JSON's types.

    Args:
        number: From 0 up.
        changed: As they are after the customer's change: another telephone number, town and credit limit.
    """
    drawn = random.Random(SEED * 1_000_003 + number)
    name = f"{drawn.choice(_FIRST)} {drawn.choice(_SECOND)} {drawn.randrange(10_000)} {drawn.choice(_FORM)}"
    domain = f"{name.split(maxsplit=1)[0].lower()}{number}.example"
    country = drawn.choice(tuple(_CURRENCIES))
    values: dict[str, Any] = {
        "NAME": name,
        "DEPARTMENT": drawn.choice(("Sales", "Head office", None)),
        "CUSTNO": key_of(number),
        "CODE": f"{name[:3].upper()}{drawn.randrange(1_000_000):06d}",
        "CATEGORY": drawn.choice(_CATEGORIES),
        "COUNTRY": country,
        "CURRENCY": _CURRENCIES[country],
        "PAYMENTTERMS": drawn.choice(_TERMS),
        "PHONE": f"+45 {drawn.randrange(10**8):08d}",
        "FAX": f"+45 {drawn.randrange(10**8):08d}" if drawn.random() < 0.4 else None,
        "EMAIL": f"office@{domain}",
        "URL": f"https://www.{domain}/",
        "VATNO": f"{country}{drawn.randrange(10**8):08d}",
        "REGNO": str(drawn.randrange(10**8)),
        "DESCRIPTION": f"Customer since {drawn.randrange(1980, 2026)}.\nDelivers on {drawn.choice(_CITIES)} time.",
        "CREDITLIMIT": f"{drawn.randrange(10_000_000) / 100:.2f}",
        "BLOCKED": drawn.random() < 0.03,
        "POSTALAD1": f"{drawn.choice(_SECOND)} street {drawn.randrange(1, 300)}",
        "POSTALZIP": f"{drawn.randrange(1000, 99_999)}",
        "POSTALCITY": drawn.choice(_CITIES),
    }
    if changed:
        values |= {"PHONE": f"+47 {drawn.randrange(10**8):08d}", "POSTALCITY": "Trondheim", "CREDITLIMIT": "7500.50"}
    return values


def changes(number: int) -> bool:
    """Whether this customer is among the one in a hundred that change."""
    return number % CHANGED_EACH == CHANGED_EACH // 2


def to_row(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of the target for a record of the wire: the mapping by hand that dlt and the floors get."""
    row = {}
    for field, column in COLUMNS.items():
        value = values[field]
        row[column] = (value.strip() or None) if isinstance(value, str) else value
    row["credit_limit"] = Decimal(row["credit_limit"]) if row["credit_limit"] is not None else None
    return row


def expected_rows(count: int, *, changed: bool) -> Iterator[tuple[Any, ...]]:
    """Yield what the target has to hold, in the order of the keys, columns in the order of `COLUMNS`."""
    for number in range(count):
        yield tuple(to_row(values_of(number, changed=changed and changes(number))).values())


def checksum(rows: Iterator[tuple[Any, ...]]) -> tuple[int, str]:
    """Return how many rows there are, and a checksum over their values that no type of a database changes."""
    credit, blocked = list(COLUMNS).index("CREDITLIMIT"), list(COLUMNS).index("BLOCKED")
    digest, count = blake2b(digest_size=16), 0
    for row in rows:
        told = ["" if value is None else str(value) for value in row]
        told[credit] = f"{Decimal(told[credit]):.2f}" if told[credit] else ""
        told[blocked] = str(bool(row[blocked]))
        digest.update("\x1f".join(told).encode() + b"\x1e")
        count += 1
    return count, digest.hexdigest()
