import re
from pathlib import Path

from erp_links.mapping.compatibility import conversion, is_offered
from erp_links.mapping.full_read import FullReadReason
from erp_links.mapping.models import Unpaired
from erp_links.mapping.policies import Policy
from erp_links.mapping.proposals import FURTHER_KEYS, SUPEROFFICE_KEYS
from erp_links.mapping.row_columns import KNOWN_COLUMNS
from host.crm.registry import CrmType, entity_types
from sync_connectors import FieldType

PAGE = (Path(__file__).parents[2] / "docs" / "mapping.md").read_text(encoding="utf-8")
WORDS = {"both": (True, True), "ERP → CRM": (True, False), "CRM → ERP": (False, True)}


def test_the_table_of_types_is_the_one_that_counts():
    told = {
        (erp, crm): WORDS[words]
        for erp, crm, words in re.findall(r"^\| (\w+) \| (\w+) \| (both|ERP → CRM|CRM → ERP) \|$", PAGE, re.MULTILINE)
    }
    possible = {
        (erp.value, crm.value): (conversion(erp, crm).to_crm, conversion(erp, crm).to_erp)
        for erp in FieldType
        for crm in CrmType
        if is_offered(erp, crm)
    }
    assert told == possible


def test_every_unpaired_policy_is_explained():
    assert set(re.findall(r"^\| (\w+) \| (?:passes|pairs) ", PAGE, re.MULTILINE)) == {each.value for each in Unpaired}


def test_every_policy_and_every_reason_is_explained():
    told = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert told == {each.value for each in (*Policy, *FullReadReason)}


def test_proposed_columns_of_the_hub_exist():
    columns = {column.key for entity in entity_types().values() for each in entity.fields for column in each.row_fields}
    assert set(KNOWN_COLUMNS) <= columns


def test_proposed_fields_of_the_hub_exist_and_examples_are_true():
    for keys in (SUPEROFFICE_KEYS, FURTHER_KEYS):
        for entity, proposed in keys.items():
            if entity in entity_types():
                assert set(proposed.values()) <= set(entity_types()[entity].by_key), entity
    known = {key for keys in (SUPEROFFICE_KEYS, FURTHER_KEYS) for of in keys.values() for key in of}
    examples = re.search(r"## Proposals\n(.*?)\n## ", PAGE, re.DOTALL)[1]
    assert {example.upper() for example in re.findall(r"`(\w+)`", examples)} <= known
