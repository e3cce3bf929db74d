"""The sales order: what a company has ordered, line by line."""

from flask_babel import lazy_gettext as _l

from host.crm.entities.addresses import address
from host.crm.entity_type import EntityType
from host.crm.fields import CrmField, CrmType

_GENERAL = _l("General")
_LINES = _l("Lines")
_TRADE = _l("Trade")
_DELIVERY = _l("Delivery")

ORDER_LINE = (
    CrmField(
        "item_number",
        _l("Item number"),
        CrmType.TEXT,
        max_length=50,
        description=_l("Number of the product; lines of text have none"),
    ),
    CrmField("description", _l("Description"), CrmType.TEXT, max_length=1023),
    CrmField("quantity", _l("Quantity"), CrmType.DECIMAL),
    CrmField("unit", _l("Unit"), CrmType.LIST, list_key="unit"),
    CrmField("price", _l("Price"), CrmType.DECIMAL, description=_l("Of one unit, before the discount")),
    CrmField("discount", _l("Discount %"), CrmType.DECIMAL, description=_l("In percent: 10 is a tenth off")),
    CrmField("vat_code", _l("VAT code"), CrmType.LIST, list_key="vat_code"),
    CrmField("amount", _l("Amount"), CrmType.DECIMAL, description=_l("Of the line, after the discount")),
    CrmField("delivery_date", _l("Delivery"), CrmType.DATE),
    CrmField("cost_centre", _l("Cost centre"), CrmType.TEXT, max_length=50),
    CrmField("cost_unit", _l("Cost unit"), CrmType.TEXT, max_length=50),
    CrmField("notes", _l("Notes"), CrmType.TEXT, max_length=1023),
)
"""The fields of a line. Products are named by number, as ERPs do: a line may name one that the hub does not have."""

SALES_ORDER = EntityType(
    key="sales_order",
    label=_l("Sales order"),
    plural=_l("Sales orders"),
    path="sales-orders",
    title_fields=("number", "your_reference"),
    list_fields=("number", "your_reference", "company", "order_date", "status", "amount", "currency"),
    subtitle_fields=("company", "project", "status"),
    match_fields=("number", "your_reference"),
    fields=(
        CrmField("number", _l("Number"), CrmType.TEXT, max_length=50, searchable=True, indexed=True, group=_GENERAL),
        CrmField("company", _l("Company"), CrmType.REFERENCE, references="company", indexed=True, group=_GENERAL),
        CrmField("person", _l("Contact person"), CrmType.REFERENCE, references="person", indexed=True, group=_GENERAL),
        CrmField("project", _l("Project"), CrmType.REFERENCE, references="project", indexed=True, group=_GENERAL),
        CrmField(
            "your_reference",
            _l("Your reference"),
            CrmType.TEXT,
            max_length=254,
            searchable=True,
            description=_l("What the customer or the shop calls the order"),
            group=_GENERAL,
        ),
        CrmField("order_date", _l("Order date"), CrmType.DATE, indexed=True, group=_GENERAL),
        CrmField("delivery_date", _l("Delivery"), CrmType.DATETIME, group=_GENERAL),
        CrmField("status", _l("Status"), CrmType.LIST, list_key="order_status", group=_GENERAL),
        CrmField("description", _l("Description"), CrmType.LONG_TEXT, group=_GENERAL),
        CrmField("notes", _l("Notes"), CrmType.LONG_TEXT, group=_GENERAL),
        CrmField("lines", _l("Lines"), CrmType.ROWS, row_fields=ORDER_LINE, row_name="line", group=_LINES),
        CrmField("currency", _l("Currency"), CrmType.LIST, list_key="currency", group=_TRADE),
        CrmField("payment_terms", _l("Payment terms"), CrmType.LIST, list_key="payment_terms", group=_TRADE),
        CrmField("payment_reference", _l("Payment reference"), CrmType.TEXT, max_length=254, group=_TRADE),
        CrmField(
            "discount",
            _l("Discount %"),
            CrmType.DECIMAL,
            description=_l("In percent of the whole order, beside that of the lines"),
            group=_TRADE,
        ),
        CrmField("prices_include_vat", _l("Prices include VAT"), CrmType.BOOLEAN, group=_TRADE),
        CrmField("amount_without_vat", _l("Amount without VAT"), CrmType.DECIMAL, group=_TRADE),
        CrmField("vat_amount", _l("VAT"), CrmType.DECIMAL, group=_TRADE),
        CrmField("amount", _l("Total amount"), CrmType.DECIMAL, group=_TRADE),
        CrmField("salesperson", _l("Salesperson"), CrmType.TEXT, max_length=254, group=_TRADE),
        CrmField("cost_centre", _l("Cost centre"), CrmType.TEXT, max_length=50, group=_TRADE),
        CrmField("cost_unit", _l("Cost unit"), CrmType.TEXT, max_length=50, group=_TRADE),
        CrmField("shipping_method", _l("Shipping method"), CrmType.LIST, list_key="shipping_method", group=_DELIVERY),
        CrmField("warehouse", _l("Warehouse"), CrmType.TEXT, max_length=50, group=_DELIVERY),
        CrmField("delivery_name", _l("Deliver to"), CrmType.TEXT, max_length=254, group=_DELIVERY),
        *address("delivery", _l("Delivery address")),
        *address("invoice", _l("Invoice address")),
    ),
)
