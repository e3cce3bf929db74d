"""The product: goods or a service that orders have lines for."""

from flask_babel import lazy_gettext as _l

from host.crm.entity_type import EntityType
from host.crm.fields import CrmField, CrmType

_GENERAL = _l("General")
_TRADE = _l("Trade")
_STOCK = _l("Stock and weight")

PRODUCT = EntityType(
    key="product",
    label=_l("Product"),
    plural=_l("Products"),
    path="products",
    title_fields=("name",),
    list_fields=("name", "number", "category", "unit", "price", "currency", "blocked"),
    subtitle_fields=("number", "category"),
    match_fields=("number", "barcode", "name"),
    fields=(
        CrmField(
            "name",
            _l("Name"),
            CrmType.TEXT,
            max_length=254,
            required=True,
            searchable=True,
            indexed=True,
            group=_GENERAL,
        ),
        CrmField(
            "number",
            _l("Number"),
            CrmType.TEXT,
            max_length=50,
            searchable=True,
            indexed=True,
            description=_l("Lines of orders name the product by it"),
            group=_GENERAL,
        ),
        CrmField("barcode", _l("Bar code"), CrmType.TEXT, max_length=50, searchable=True, group=_GENERAL),
        CrmField("search_code", _l("Search code"), CrmType.TEXT, max_length=50, searchable=True, group=_GENERAL),
        CrmField("category", _l("Category"), CrmType.LIST, list_key="product_category", group=_GENERAL),
        CrmField("url", _l("Web site"), CrmType.TEXT, max_length=1023, group=_GENERAL),
        CrmField("description", _l("Description"), CrmType.LONG_TEXT, group=_GENERAL),
        CrmField("notes", _l("Notes"), CrmType.LONG_TEXT, group=_GENERAL),
        CrmField("unit", _l("Unit"), CrmType.LIST, list_key="unit", group=_TRADE),
        CrmField("price", _l("Sales price"), CrmType.DECIMAL, group=_TRADE),
        CrmField("cost_price", _l("Cost price"), CrmType.DECIMAL, group=_TRADE),
        CrmField("currency", _l("Currency"), CrmType.LIST, list_key="currency", group=_TRADE),
        CrmField("vat_code", _l("VAT code"), CrmType.LIST, list_key="vat_code", group=_TRADE),
        CrmField("revenue_account", _l("Revenue account"), CrmType.TEXT, max_length=50, group=_TRADE),
        CrmField("start_date", _l("Sold from"), CrmType.DATE, group=_TRADE),
        CrmField("end_date", _l("Sold until"), CrmType.DATE, group=_TRADE),
        CrmField(
            "blocked",
            _l("Blocked"),
            CrmType.BOOLEAN,
            description=_l("No more orders are taken"),
            group=_TRADE,
        ),
        CrmField("service", _l("Service"), CrmType.BOOLEAN, description=_l("Has no stock and no weight"), group=_STOCK),
        CrmField("stock", _l("In stock"), CrmType.DECIMAL, group=_STOCK),
        CrmField("net_weight", _l("Net weight in kg"), CrmType.DECIMAL, group=_STOCK),
        CrmField("gross_weight", _l("Gross weight in kg"), CrmType.DECIMAL, group=_STOCK),
    ),
)
