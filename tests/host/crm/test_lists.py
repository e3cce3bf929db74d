import pytest
from sqlalchemy import select

from host.audit.models import AuditEntry
from host.crm import list_operations, records
from host.crm.custom_fields import FieldChange, add_field
from host.crm.fields import CrmType
from host.crm.list_operations import add_item, add_list, change_item, delete_item, delete_list, fields_using
from host.crm.lists import items, items_of_lists
from host.crm.registry import entity_types
from host.crm.standard_lists import LIST_NAMES, ensure_standard_lists
from host.crm.values import CrmRows
from host.database import Database
from host.errors import ConflictError, InvalidInputError, NotFoundError, StaleVersionError
from tests.host.crm.conftest import ADMINISTRATOR, THEN


def test_a_new_installation_has_every_list_that_a_standard_field_chooses_from(hub: Database) -> None:
    declared = [field for entity in entity_types().values() for field in entity.fields]
    asked = {each.list_key for field in declared for each in (field, *field.row_fields) if each.list_key}
    with hub.reading() as session:
        found = items_of_lists(session, asked)
    assert asked <= set(LIST_NAMES)
    assert all(found[key] for key in asked)
    assert found["country"]["DK"] == "Denmark"
    assert len(found["country"]) == 250  # the 249 of ISO 3166-1, and Kosovo
    assert found["currency"]["EUR"] == "EUR Euro"
    assert list(found["currency"]) == sorted(found["currency"])
    assert not {"XXX", "DEM", "XAU"} & set(found["currency"])


def test_seeding_again_changes_nothing_that_people_made_of_the_lists(hub: Database) -> None:
    with hub.writing() as session:
        change_item(session, ADMINISTRATOR, "category", "other", name="Rest", active=True, expected_version=1)
        delete_item(session, ADMINISTRATOR, "category", "partner", 2)
    with hub.writing() as session:
        ensure_standard_lists(session)
        left = items(session, "category")
    assert left["other"] == "Rest"
    assert "partner" not in left


def test_an_item_keeps_its_key_when_it_is_renamed(hub: Database) -> None:
    with hub.writing() as session:
        key = add_item(session, ADMINISTRATOR, "category", "Große Kunden", 1)
        change_item(session, ADMINISTRATOR, "category", key, name="Key accounts", active=False, expected_version=2)
        assert items(session, "category")[key] == "Key accounts"
        assert key not in items(session, "category", active_only=True)
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["list.item.create", "list.item.change"]


def test_an_item_that_records_hold_is_not_deleted(hub: Database) -> None:
    with hub.writing() as session:
        field = add_field(session, ADMINISTRATOR, "company", CrmType.LIST, FieldChange("Second"), "category")
        records.create(session, "company", {"name": "A", "category": "other"}, origin="user:1", at=THEN)
        records.create(session, "company", {"name": "B", field.key: "other"}, origin="user:1", at=THEN)
        with pytest.raises(ConflictError, match="2 records"):
            delete_item(session, ADMINISTRATOR, "category", "other", 1)
        ordered: tuple[CrmRows, ...] = ({"10": {"unit": "pcs"}, "20": {"unit": "box"}}, {"10": {"unit": "pcs"}})
        for lines in ordered:
            records.create(session, "sales_order", {"number": "1", "lines": lines}, origin="user:1", at=THEN)
        with pytest.raises(ConflictError, match="2 records"):
            delete_item(session, ADMINISTRATOR, "unit", "pcs", 1)
    with hub.reading() as session:
        assert ("sales_order", "unit") in [(entity, used.key) for entity, used in fields_using(session, "unit")]


def test_names_and_keys_of_items_are_unique_within_their_list(hub: Database) -> None:
    with pytest.raises(InvalidInputError), hub.writing() as session:
        add_item(session, ADMINISTRATOR, "category", "CUSTOMER", 1)
    with pytest.raises(InvalidInputError), hub.writing() as session:
        add_item(session, ADMINISTRATOR, "category", "New", 1, key="customer")
    with pytest.raises(InvalidInputError), hub.writing() as session:
        add_item(session, ADMINISTRATOR, "category", "  ", 1)


def test_two_administrators_at_once_do_not_undo_each_other(hub: Database) -> None:
    with hub.writing() as session:
        add_item(session, ADMINISTRATOR, "category", "First", 1)
    with pytest.raises(StaleVersionError, match="Ida Holm"), hub.writing() as session:
        add_item(session, ADMINISTRATOR, "category", "Second", 1)


def test_a_list_of_ones_own_lives_until_no_field_chooses_from_it(hub: Database) -> None:
    with hub.writing() as session:
        colours = add_list(session, ADMINISTRATOR, "Colours")
        assert colours.key == "colours"
        list_operations.rename_list(session, ADMINISTRATOR, "colours", "Hues", 1)
        add_field(session, ADMINISTRATOR, "company", CrmType.LIST, FieldChange("Hue"), "colours")
        with pytest.raises(ConflictError, match="Hue"):
            delete_list(session, ADMINISTRATOR, "colours", 2)
        with pytest.raises(ConflictError):
            delete_list(session, ADMINISTRATOR, "country", 1)
        with pytest.raises(NotFoundError):
            delete_list(session, ADMINISTRATOR, "nothing", 1)
