"""Makes sample workbooks.

python -m plugins.workbook.sample FILE [CUSTOMERS]
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from plugins.workbook.cells import content_of
from plugins.workbook.layout import LIST_COLUMNS, LISTS_SHEET, MODIFIED, ORDERS, PARENT_KEY, PARENT_TYPE, SHEETS
from plugins.workbook.sample import records
from plugins.workbook.sample.names import LISTS

PERSONS_PER_CUSTOMER = 2
SHOP_ORDERS: dict[str, Any] = {"seed": 105, "first_number": 10_001, "reference": "WEB"}


def write_sample(path: Path, customer_count: int = 240, *, is_shop: bool = False) -> None:
    """Write a workbook with all sheets; its size follows from the number of customers.

    Args:
        path: The file.
        customer_count: How many; the first of more customers are the same ones.
        is_shop: Its orders are others, those of a web shop with the same customers and products.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    customers = list(records.customers(customer_count)) if customer_count else []
    series = SHOP_ORDERS if is_shop else {}
    orders = list(records.orders(customers, customer_count // 2, **series)) if customers else []
    rows: dict[str, Iterable[records.Row]] = {
        "Customer": customers,
        "Supplier": records.suppliers(customer_count // 8),
        "Person": records.persons(customers, customer_count * PERSONS_PER_CUSTOMER) if customers else (),
        "Project": records.projects(customers, customer_count // 6) if customers else (),
        "Product": records.products(),
        "SalesOrder": (order for order, _lines in orders),
    }
    for actor_type, layout in SHEETS.items():
        system = [PARENT_TYPE, PARENT_KEY, MODIFIED] if layout.actor_type.parents else [MODIFIED]
        columns = [field.key for field in layout.columns if not field.row_fields]
        _sheet(book, layout.sheet, [*columns, *system], rows[actor_type])
    if ORDERS.lines:
        row_fields = next(field.row_fields for field in ORDERS.columns if field.row_fields)
        columns = [ORDERS.lines.owner, ORDERS.lines.key, *(field.key for field in row_fields)]
        _sheet(book, ORDERS.lines.sheet, columns, chain.from_iterable(lines for _order, lines in orders))
    items = ({"List": name, "Key": key, "Text": text} for name, each in LISTS.items() for key, text in each.items())
    _sheet(book, LISTS_SHEET, LIST_COLUMNS, items)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def _sheet(book: Workbook, name: str, columns: Sequence[str], rows: Iterable[records.Row]) -> None:
    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"
    sheet.append(list(columns))
    for row in rows:
        sheet.append([_content(row.get(column)) for column in columns])


def _content(value: Any) -> Any:
    return content_of(value) if isinstance(value, Decimal) else value
