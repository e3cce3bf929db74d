"""The project: work that is planned, done and billed for a company."""

from flask_babel import lazy_gettext as _l

from host.crm.entity_type import EntityType
from host.crm.fields import CrmField, CrmType

_GENERAL = _l("General")
_PLAN = _l("Plan")
_TRADE = _l("Trade")

PROJECT = EntityType(
    key="project",
    label=_l("Project"),
    plural=_l("Projects"),
    path="projects",
    title_fields=("name",),
    list_fields=("name", "number", "company", "status", "manager", "end_date"),
    subtitle_fields=("number", "company", "status"),
    match_fields=("number", "name"),
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
        CrmField("number", _l("Number"), CrmType.TEXT, max_length=50, searchable=True, indexed=True, group=_GENERAL),
        CrmField("company", _l("Company"), CrmType.REFERENCE, references="company", indexed=True, group=_GENERAL),
        CrmField("person", _l("Contact person"), CrmType.REFERENCE, references="person", indexed=True, group=_GENERAL),
        CrmField("type", _l("Type"), CrmType.LIST, list_key="project_type", group=_GENERAL),
        CrmField("url", _l("Web site"), CrmType.TEXT, max_length=1023, group=_GENERAL),
        CrmField("description", _l("Description"), CrmType.LONG_TEXT, group=_GENERAL),
        CrmField("notes", _l("Notes"), CrmType.LONG_TEXT, group=_GENERAL),
        CrmField("status", _l("Status"), CrmType.LIST, list_key="project_status", group=_PLAN),
        CrmField("manager", _l("Manager"), CrmType.TEXT, max_length=254, searchable=True, group=_PLAN),
        CrmField("start_date", _l("Start"), CrmType.DATE, group=_PLAN),
        CrmField("end_date", _l("End"), CrmType.DATE, indexed=True, group=_PLAN),
        CrmField("completed", _l("Completed"), CrmType.BOOLEAN, group=_PLAN),
        CrmField(
            "customer_reference",
            _l("Customer's reference"),
            CrmType.TEXT,
            max_length=254,
            searchable=True,
            description=_l("Number of the customer's own order"),
            group=_TRADE,
        ),
        CrmField("currency", _l("Currency"), CrmType.LIST, list_key="currency", group=_TRADE),
        CrmField("budget", _l("Budget"), CrmType.DECIMAL, group=_TRADE),
        CrmField("payment_terms", _l("Payment terms"), CrmType.LIST, list_key="payment_terms", group=_TRADE),
        CrmField("cost_centre", _l("Cost centre"), CrmType.TEXT, max_length=50, group=_TRADE),
        CrmField("cost_unit", _l("Cost unit"), CrmType.TEXT, max_length=50, group=_TRADE),
    ),
)
