from datetime import UTC, datetime

import pytest

from erp_links.mapping.compatibility import conversion
from erp_links.mapping.directions import directions_of
from host.crm.registry import CrmField, CrmType
from sync_connectors import Access, ActorType, Capabilities, Field, FieldType

CUSTOMER = ActorType("Customer", "Customer", "Customers", capabilities=Capabilities(save=True))
NAME = CrmField("name", "Name", CrmType.TEXT)


def erp(type_=FieldType.TEXT, access=Access.NORMAL):
    return Field("X", "X", type_, access=access)


def reasons(field, crm_field=NAME, *, key="name", actor_type=CUSTOMER, missing=None, master=""):
    return directions_of(actor_type, field, missing, key, crm_field, master)


def test_everything_is_possible_between_two_texts():
    found = reasons(erp())
    assert (found.to_crm, found.to_erp, found.one_way_to_crm) == ("", "", "")


def test_without_a_crm_field_both_directions_ask_for_one():
    found = reasons(erp(access=Access.READ_ONLY), None, key=None)
    assert found.to_crm == found.to_erp == "choose a CRM field first"


def test_read_only_erp_field_cannot_be_written():
    found = reasons(erp(access=Access.READ_ONLY))
    assert (found.to_crm, found.to_erp) == ("", "read-only in the ERP")


def test_a_crm_field_that_nobody_types_can_be_filled_by_a_link():
    found = reasons(erp(), CrmField("name", "Name", CrmType.TEXT, read_only=True))
    assert (found.to_crm, found.to_erp) == ("", "")


def test_connector_that_cannot_save_takes_nothing():
    found = reasons(erp(), actor_type=ActorType("Customer", "Customer", "Customers"))
    assert (found.to_crm, found.to_erp) == ("", "the connector cannot save Customers")


def test_field_gone_from_the_erp_says_since_when():
    found = reasons(erp(), missing=datetime(2026, 11, 3, tzinfo=UTC))
    assert found.to_crm == found.to_erp == "gone from the ERP since 3 Nov 2026"


def test_field_gone_from_the_crm_is_named():
    found = reasons(erp(), None, key="x_old")
    assert found.to_crm == found.to_erp == "“x_old” is no longer in the CRM"


@pytest.mark.parametrize("type_", [FieldType.LABEL, FieldType.PASSWORD])
def test_fields_without_plain_values_cannot_be_synced(type_):
    found = reasons(erp(type_))
    assert "cannot be synced" in found.to_crm
    assert found.to_crm == found.to_erp


def test_checkbox_and_text_go_one_way_only():
    found = reasons(erp(FieldType.CHECKBOX))
    assert found.to_crm == ""
    assert found.to_erp == "text cannot be turned back into yes or no of the ERP"


def test_field_with_another_master_needs_the_way_back():
    found = reasons(erp(), master="Other link")
    assert (found.to_crm, found.to_erp) == ("", "")
    assert found.one_way_to_crm == "“Other link” already fills this CRM field one-way"


def test_field_with_another_master_and_no_way_back_cannot_fill_the_crm():
    found = reasons(erp(access=Access.READ_ONLY), master="Other link")
    assert found.to_crm == "“Other link” already fills this CRM field one-way"


TWO_WAY = {
    (FieldType.TEXT, CrmType.TEXT),
    (FieldType.TEXT, CrmType.LONG_TEXT),
    (FieldType.INTEGER, CrmType.INTEGER),
    (FieldType.DOUBLE, CrmType.DECIMAL),
    (FieldType.CHECKBOX, CrmType.BOOLEAN),
    (FieldType.DATETIME, CrmType.DATE),
    (FieldType.DATETIME, CrmType.DATETIME),
    (FieldType.LOCAL_DATETIME, CrmType.DATE),
    (FieldType.LOCAL_DATETIME, CrmType.DATETIME),
    (FieldType.DATE, CrmType.DATE),
    (FieldType.DATE, CrmType.DATETIME),
    (FieldType.LIST, CrmType.LIST),
    (FieldType.ROWS, CrmType.ROWS),
}


@pytest.mark.parametrize("erp_type", FieldType)
@pytest.mark.parametrize("crm_type", CrmType)
def test_two_ways_are_possible_exactly_where_nothing_is_lost(erp_type, crm_type):
    possible = conversion(erp_type, crm_type)
    assert (possible.to_crm and possible.to_erp) == ((erp_type, crm_type) in TWO_WAY)
