"""Adding connector and link of the demo through the operations that the pages call, test gate included."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from erp_links.links.activating import activate
from erp_links.links.finding import managed_link
from erp_links.links.models import Visibility
from erp_links.links.saving import create_link
from erp_links.links.submission import AccessGrant, LinkSubmission, VisibilityChoice
from erp_links.links.testing import test_configuration
from erp_links.mapping.operations import save_mapping
from erp_links.mapping.schemas import MappingInput
from erp_links.runtime import LinkRuntime
from host.audit.doer import Doer
from sync_connectors.registered.registering import register_connector

CONNECTOR = "Business workbook"
LINK = "Nordwind Finance DK"
WORKBOOK = "erp/nordwind.xlsx"

LINE_COLUMNS = {
    "ItemNo": "item_number",
    "Description": "description",
    "Quantity": "quantity",
    "Price": "price",
    "Discount": "discount",
}
"""The columns of an order line of a workbook, each with that of the hub."""

MAPPING: dict[str, list[dict[str, Any]]] = {
    "actor_types": [
        {
            "name": "Customer",
            "active": True,
            "entity_type": "company",
            "unpaired_pull": "create",
            "match_fields": ["vat_number"],
            "accept_proposals": "to_crm",
            "fields": [
                {"key": "CustNo", "crm_field": "number", "to_crm": True, "show_in_search": True},
                {"key": "NAME", "crm_field": "name", "to_crm": True, "to_erp": True, "show_in_search": True},
                {"key": "PHONE", "crm_field": "phone", "to_crm": True, "to_erp": True},
                {"key": "EMAIL", "crm_field": "email", "to_crm": True, "to_erp": True, "policy": "ask"},
                {"key": "PaymentTerms", "crm_field": "payment_terms", "to_crm": True, "show_on_tab": True},
                {"key": "Currency", "crm_field": "currency", "to_crm": True},
                {"key": "CreditLimit", "crm_field": "credit_limit", "to_crm": True, "show_on_tab": True},
                {"key": "Balance", "show_on_tab": True},
                {"key": "CustomerGroup", "crm_field": None, "show_on_tab": True},
                {"key": "Blocked", "show_on_tab": True},
                {"key": "CustomerSince", "show_on_tab": True},
            ],
        },
        {
            "name": "Person",
            "active": True,
            "entity_type": "person",
            "unpaired_pull": "create",
            "match_fields": ["email", "last_name"],
            "accept_proposals": "to_crm",
            "fields": [
                {
                    "key": "LASTNAME",
                    "crm_field": "last_name",
                    "to_crm": True,
                    "to_erp": True,
                    "show_in_search": True,
                },
                {"key": "PHONE_MOBILE", "crm_field": "phone_mobile", "to_crm": True, "to_erp": True},
                {"key": "POSITION", "show_on_tab": True},
                {"key": "PHONE_DIRECT", "show_on_tab": True},
            ],
        },
        {
            "name": "Project",
            "active": True,
            "entity_type": "project",
            "unpaired_pull": "create",
            "unpaired_push": "create",
            "match_fields": ["name"],
            "fields": [
                {"key": "ProjNo", "crm_field": "number", "to_crm": True, "show_in_search": True},
                {
                    "key": "NAME",
                    "crm_field": "name",
                    "to_crm": True,
                    "to_erp": True,
                    "show_in_search": True,
                    "show_on_tab": True,
                },
                {"key": "TEXT", "crm_field": "description", "to_crm": True, "to_erp": True},
                {"key": "ENDDATE", "crm_field": "end_date", "to_crm": True, "to_erp": True, "show_on_tab": True},
            ],
        },
        {
            "name": "Product",
            "active": True,
            "entity_type": "product",
            "unpaired_pull": "create",
            "match_fields": ["number"],
            "fields": [
                {"key": "ItemNo", "crm_field": "number", "to_crm": True, "show_in_search": True},
                {"key": "NAME", "crm_field": "name", "to_crm": True, "show_in_search": True, "show_on_tab": True},
                {"key": "Barcode", "crm_field": "barcode", "to_crm": True},
                {"key": "Unit", "crm_field": "unit", "to_crm": True, "show_on_tab": True},
                {"key": "VatCode", "crm_field": "vat_code", "to_crm": True},
                {"key": "Price", "crm_field": "price", "to_crm": True, "to_erp": True, "show_on_tab": True},
            ],
        },
        {
            "name": "SalesOrder",
            "active": True,
            "entity_type": "sales_order",
            "unpaired_pull": "create",
            "unpaired_push": "create",
            "match_fields": ["your_reference"],
            "fields": [
                {"key": "OrderNo", "crm_field": "number", "to_crm": True, "show_in_search": True, "show_on_tab": True},
                {"key": "YourRef", "crm_field": "your_reference", "to_crm": True, "to_erp": True, "show_on_tab": True},
                {"key": "OrderDate", "crm_field": "order_date", "to_crm": True, "to_erp": True, "show_on_tab": True},
                {"key": "DeliveryTime", "crm_field": "delivery_date", "to_crm": True, "to_erp": True},
                {
                    "key": "Lines",
                    "crm_field": "lines",
                    "to_crm": True,
                    "to_erp": True,
                    "row_columns": LINE_COLUMNS,
                },
            ],
        },
    ]
}
"""Both ways where the CRM may know better, else from the ERP; projects and orders of either side go to the other."""


@dataclass(frozen=True, slots=True)
class DemoErp:
    """One ERP of the demo: how it is reached, and what its link is like."""

    connector: str
    url: str
    link: str
    workbook: str
    description: str
    mapping: Mapping[str, Any]


BOOK_KEEPING = DemoErp(CONNECTOR, "plugin:workbook", LINK, WORKBOOK, "Book-keeping of the Danish company", MAPPING)


def add_link(runtime: LinkRuntime, doer: Doer, group_id: int, erp: DemoErp = BOOK_KEEPING, token: str = "") -> int:
    """Register the connector, test, save, map and activate the link; return its id."""
    connector = register_connector(
        runtime.database, runtime.connectors, doer, name=erp.connector, url=erp.url, token=token
    )
    submission = LinkSubmission(
        name=erp.link,
        connector_id=connector.id,
        configuration={"Filename": erp.workbook},
        visibility=VisibilityChoice(
            Visibility.SELECTED, (AccessGrant(group_id=group_id, may_connect=True, may_create=True),)
        ),
        description=erp.description,
        erp_time_zone="Europe/Copenhagen",
    )
    test_configuration(runtime, doer, submission, None)
    link_id = create_link(runtime, doer, submission).link_id
    with runtime.database.writing() as session:
        save_mapping(session, doer, managed_link(session, link_id), MappingInput().load(erp.mapping))
    activate(runtime, doer, link_id)
    return link_id
