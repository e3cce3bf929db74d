import json
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from erp_links.mapping.compatibility import conversion, is_offered
from erp_links.mapping.converting import converter
from erp_links.mapping.converting_back import back_converter
from erp_links.mapping.list_table import list_table
from host.crm.fields import CrmField, CrmType
from host.crm.values import from_json, to_json
from sync_connectors import Field, FieldType
from sync_connectors.codec import value_from_json, value_to_json

PAGE = (Path(__file__).parents[2] / "docs" / "values.md").read_text(encoding="utf-8")
TABLE = list_table({"1": "DK"}, {"DK", "NO", "FI"}, {"1", "NO", "SE"})
ZONE = ZoneInfo("Europe/Oslo")


def rows(heading):
    section = PAGE[PAGE.index(f"## {heading}") :].split("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:2] == "| "]
    return cells[1:]


PAIRS = rows("Pair by pair")
EXAMPLES = rows("Examples")


def test_every_pair_that_goes_together_is_told_with_its_ways():
    told = {(erp, crm): (to_crm != "–", to_erp != "–") for erp, crm, to_crm, to_erp in PAIRS}
    possible = {
        (erp.value, crm.value): (conversion(erp, crm).to_crm, conversion(erp, crm).to_erp)
        for erp in FieldType
        for crm in CrmType
        if is_offered(erp, crm)
    }
    assert told == possible


def test_every_way_back_of_single_values_has_an_example():
    shown = {(erp, crm) for erp, crm, _in_erp, in_crm, back in EXAMPLES if in_crm and back}
    both = {(erp, crm) for erp, crm, to_crm, to_erp in PAIRS if "–" not in {to_crm, to_erp}}
    assert both - {("rows", "rows")} <= shown


@pytest.mark.parametrize("example", EXAMPLES, ids=[" ".join(each[:4]) for each in EXAMPLES])
def test_examples_are_true(example):
    erp_type, crm_type = FieldType(example[0]), CrmType(example[1])
    erp = Field("X", "X", erp_type, max_length=12, decimals=2)
    crm = CrmField("x", "X", crm_type, max_length=20)
    there = converter(erp, crm, table=TABLE, texts={"1": "Denmark"}, zone=ZONE)
    back = back_converter(erp, crm, table=TABLE, zone=ZONE)
    in_erp, in_crm, returned = example[2:]
    if in_erp:
        assert outcome(lambda: to_json(there(value_from_json(erp_type, literal(in_erp))))) == said(in_crm)
    if returned:
        assert outcome(lambda: value_to_json(back(from_json(crm_type, literal(in_crm))))) == said(returned)


def literal(cell):
    return json.loads(re.fullmatch(r"`(.*)`", cell)[1])


def said(cell):
    return literal(cell) if cell.startswith("`") else cell


def outcome(made):
    try:
        return made()
    except ValueError as error:
        return str(error)
