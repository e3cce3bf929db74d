"""The lists that a new installation starts with. Keys are those of the standards where there is one."""

from collections.abc import Mapping

from babel import Locale
from babel.numbers import get_territory_currencies
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from host.crm.models import CrmList, CrmListItem

LIST_NAMES = {
    "category": "Category",
    "classification": "Classification",
    "country": "Country",
    "currency": "Currency",
    "order_status": "Order status",
    "payment_terms": "Payment terms",
    "position": "Position",
    "price_list": "Price list",
    "product_category": "Product category",
    "project_status": "Project status",
    "project_type": "Project type",
    "salutation": "Salutation",
    "shipping_method": "Shipping method",
    "unit": "Unit",
    "vat_code": "VAT code",
}

_NO_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
"""Two-letter codes of Babel's data that name no country: unions, parts of countries, and codes for tests."""

_WORDED = {
    "category": {
        "customer": "Customer",
        "supplier": "Supplier",
        "prospect": "Prospect",
        "partner": "Partner",
        "competitor": "Competitor",
        "other": "Other",
    },
    "classification": {"a": "A", "b": "B", "c": "C"},
    "order_status": {
        "draft": "Draft",
        "open": "Open",
        "partly_delivered": "Partly delivered",
        "complete": "Complete",
        "cancelled": "Cancelled",
    },
    "payment_terms": {
        "prepaid": "Prepaid",
        "cash": "Cash on delivery",
        "net_8": "8 days net",
        "net_14": "14 days net",
        "net_30": "30 days net",
        "net_60": "60 days net",
        "net_90": "90 days net",
        "end_of_month": "End of month",
        "end_of_month_30": "End of month plus 30 days",
    },
    "position": {
        "managing_director": "Managing director",
        "financial_director": "Financial director",
        "purchasing": "Purchasing",
        "sales": "Sales",
        "marketing": "Marketing",
        "bookkeeping": "Bookkeeping",
        "logistics": "Logistics",
        "information_technology": "Information technology",
        "assistant": "Assistant",
        "other": "Other",
    },
    "product_category": {
        "goods": "Goods",
        "material": "Material",
        "spare_part": "Spare part",
        "service": "Service",
        "freight": "Freight",
        "other": "Other",
    },
    "project_status": {
        "planned": "Planned",
        "in_progress": "In progress",
        "on_hold": "On hold",
        "complete": "Complete",
        "cancelled": "Cancelled",
    },
    "project_type": {
        "campaign": "Campaign",
        "fixed_price": "Fixed price",
        "time_and_material": "Time and material",
        "non_billable": "Not billable",
        "prepaid": "Prepaid",
        "internal": "Internal",
    },
    "price_list": {"standard": "Standard", "retail": "Retail", "wholesale": "Wholesale"},
    "salutation": {"ms": "Ms", "mr": "Mr", "mx": "Mx", "dr": "Dr", "prof": "Prof"},
    "shipping_method": {
        "pick_up": "Picked up",
        "post": "Post",
        "parcel": "Parcel service",
        "freight": "Freight forwarder",
        "own_delivery": "Own delivery",
    },
    "unit": {
        "pcs": "Piece",
        "set": "Set",
        "pair": "Pair",
        "box": "Box",
        "pallet": "Pallet",
        "kg": "Kilogram",
        "t": "Tonne",
        "l": "Litre",
        "m": "Metre",
        "m2": "Square metre",
        "m3": "Cubic metre",
        "h": "Hour",
        "day": "Day",
        "month": "Month",
    },
    "vat_code": {
        "high": "High rate",
        "low": "Low rate",
        "zero": "Zero rate",
        "exempt": "Exempt",
        "reverse_charge": "Reverse charge",
        "intra_community": "Within the European Union",
        "export": "Export",
    },
}


def ensure_standard_lists(session: Session, language: str = "en") -> None:
    """Add the standard lists that are missing; lists that are there stay as people made them.

    Args:
        session: A session that writes.
        language: Language of the names of countries and currencies.
    """
    present = set(session.scalars(select(CrmList.key)))
    missing = [key for key in LIST_NAMES if key not in present]
    if not missing:
        return
    items = {**_WORDED, "country": _countries(language), "currency": _currencies(language)}
    session.execute(insert(CrmList), [{"key": key, "name": LIST_NAMES[key], "version": 1} for key in missing])
    session.execute(
        insert(CrmListItem),
        [
            {"list_key": list_key, "key": key, "name": name, "rank": rank, "active": True}
            for list_key in missing
            for rank, (key, name) in enumerate(items[list_key].items())
        ],
    )


def _countries(language: str) -> dict[str, str]:
    """Countries by ISO 3166-1 code, in the order of their names."""
    territories: Mapping[str, str] = Locale.parse(language).territories
    names = {code: territories[code] for code in _country_codes()}
    return dict(sorted(names.items(), key=lambda item: item[1].casefold()))


def _currencies(language: str) -> dict[str, str]:
    """Currencies that are legal tender somewhere, by ISO 4217 code and in its order."""
    names: Mapping[str, str] = Locale.parse(language).currencies
    codes = {code for country in _country_codes() for code in get_territory_currencies(country)}
    return {code: f"{code} {names.get(code, '')}".strip() for code in sorted(codes)}


def _country_codes() -> list[str]:
    territories: Mapping[str, str] = Locale("en").territories
    return [code for code in territories if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES]
