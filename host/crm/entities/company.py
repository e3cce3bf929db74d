"""The company: a customer, supplier or any other organisation."""

from flask_babel import lazy_gettext as _l

from host.crm.entities.addresses import address
from host.crm.entity_type import EntityType
from host.crm.fields import CrmField, CrmType

_GENERAL = _l("General")
_CONTACT = _l("Contact details")
_TRADE = _l("Trade")

COMPANY = EntityType(
    key="company",
    label=_l("Company"),
    plural=_l("Companies"),
    path="companies",
    title_fields=("name",),
    list_fields=("name", "number", "postal.city", "country", "phone", "email", "category"),
    subtitle_fields=("number", "postal.city", "category"),
    match_fields=("number", "vat_number", "email", "name"),
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
        CrmField("department", _l("Department"), CrmType.TEXT, max_length=254, group=_GENERAL),
        CrmField("number", _l("Number"), CrmType.TEXT, max_length=50, searchable=True, indexed=True, group=_GENERAL),
        CrmField("code", _l("Code"), CrmType.TEXT, max_length=50, searchable=True, group=_GENERAL),
        CrmField("category", _l("Category"), CrmType.LIST, list_key="category", group=_GENERAL),
        CrmField("country", _l("Country"), CrmType.LIST, list_key="country", group=_GENERAL),
        CrmField("description", _l("Description"), CrmType.LONG_TEXT, group=_GENERAL),
        CrmField("phone", _l("Phone"), CrmType.TEXT, max_length=100, searchable=True, group=_CONTACT),
        CrmField("fax", _l("Fax"), CrmType.TEXT, max_length=100, group=_CONTACT),
        CrmField("email", _l("E-mail"), CrmType.TEXT, max_length=254, searchable=True, indexed=True, group=_CONTACT),
        CrmField("url", _l("Web site"), CrmType.TEXT, max_length=1023, group=_CONTACT),
        CrmField(
            "vat_number",
            _l("VAT number"),
            CrmType.TEXT,
            max_length=50,
            searchable=True,
            group=_TRADE,
        ),
        CrmField(
            "registration_number",
            _l("Registration number"),
            CrmType.TEXT,
            max_length=50,
            searchable=True,
            description=_l("Number in the register of companies or chamber of commerce"),
            group=_TRADE,
        ),
        CrmField("currency", _l("Currency"), CrmType.LIST, list_key="currency", group=_TRADE),
        CrmField("payment_terms", _l("Payment terms"), CrmType.LIST, list_key="payment_terms", group=_TRADE),
        CrmField("vat_code", _l("VAT code"), CrmType.LIST, list_key="vat_code", group=_TRADE),
        CrmField("price_list", _l("Price list"), CrmType.LIST, list_key="price_list", group=_TRADE),
        CrmField("classification", _l("Classification"), CrmType.LIST, list_key="classification", group=_TRADE),
        CrmField("revenue_account", _l("Revenue account"), CrmType.TEXT, max_length=50, group=_TRADE),
        CrmField("cost_centre", _l("Cost centre"), CrmType.TEXT, max_length=50, group=_TRADE),
        CrmField("cost_unit", _l("Cost unit"), CrmType.TEXT, max_length=50, group=_TRADE),
        CrmField("credit_limit", _l("Credit limit"), CrmType.DECIMAL, group=_TRADE),
        CrmField(
            "blocked",
            _l("Blocked"),
            CrmType.BOOLEAN,
            description=_l("No more orders are taken"),
            group=_TRADE,
        ),
        *address("postal", _l("Postal address"), searchable_city=True),
        *address("street", _l("Street address")),
        *address("delivery", _l("Delivery address")),
        *address("invoice", _l("Invoice address")),
    ),
)
