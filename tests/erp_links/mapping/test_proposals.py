"""Well-known keys of ERPs, and the fields of the hub that they stand for."""

import pytest

from erp_links.mapping.proposals import FURTHER_KEYS, SUPEROFFICE_KEYS, propose
from host.crm.registry import entity_types
from plugins.workbook.layout import SHEETS, SheetLayout
from sync_connectors import Field, FieldType

WITHOUT_A_PLACE = {"Balance", "CustomerSince", "POSITION"}
"""Fields of the workbook that the hub has no field for, or one of another type."""


@pytest.mark.parametrize("keys", [SUPEROFFICE_KEYS, FURTHER_KEYS])
def test_every_known_key_stands_for_a_field_that_the_hub_has(keys: dict[str, dict[str, str]]) -> None:
    for entity_type, known in keys.items():
        assert set(known.values()) <= set(entity_types()[entity_type].by_key)
        assert all(key == key.upper() for key in known)


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=list(SHEETS))
def test_the_workbook_has_a_place_for_each_of_its_fields(sheet: SheetLayout) -> None:
    entity = entity_types()[sheet.actor_type.entity]
    proposed = propose(entity.key, sheet.columns, entity.by_key)
    assert {column.key for column in sheet.columns} - set(proposed) <= WITHOUT_A_PLACE
    assert len(set(proposed.values())) == len(proposed)


def test_a_field_of_the_hub_is_proposed_once_and_not_if_it_is_taken() -> None:
    fields = [Field(key, key, FieldType.TEXT) for key in ("OrderNo", "OrderNumber", "YourRef")]
    known = entity_types()["sales_order"].by_key
    assert propose("sales_order", fields, known) == {"OrderNo": "number", "YourRef": "your_reference"}
    assert propose("sales_order", fields, known, taken=["number"]) == {"YourRef": "your_reference"}
