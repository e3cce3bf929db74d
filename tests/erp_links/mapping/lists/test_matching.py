"""Which items go together: by entries, by equal keys, by proposals."""

from hypothesis import given
from hypothesis import strategies as st

from erp_links.mapping.list_table import list_table
from erp_links.mapping.lists.proposing import propose_items

KEYS = st.sampled_from(["a", "b", "c", "d", "e"])
ENTRIES = st.dictionaries(KEYS, KEYS).filter(lambda of: len(set(of.values())) == len(of))


@given(entries=ENTRIES, hub=st.sets(KEYS), erp=st.sets(KEYS))
def test_one_item_goes_with_one_item_and_what_goes_over_comes_back(entries, hub, erp):
    table = list_table(entries, hub, erp)
    assert len(set(table.to_crm.values())) == len(table.to_crm)
    assert len(set(table.to_erp.values())) == len(table.to_erp)
    assert set(table.to_crm.values()) <= hub
    assert set(table.to_erp.values()) <= erp
    assert all(table.to_crm.get(erp_key, crm_key) == crm_key for crm_key, erp_key in table.to_erp.items())
    assert all(table.to_erp[table.to_crm[key]] == key for key in erp if key in table.to_crm)


@given(entries=ENTRIES, hub=st.sets(KEYS), erp=st.sets(KEYS))
def test_an_entry_goes_before_an_equal_key(entries, hub, erp):
    table = list_table(entries, hub, erp)
    for erp_key, crm_key in entries.items():
        assert table.to_crm.get(erp_key) == (crm_key if crm_key in hub else None)
    for key in (erp & hub) - set(entries) - set(entries.values()):
        assert table.to_crm[key] == table.to_erp[key] == key


def test_proposals_go_by_names_without_case_and_pass_over_what_has_a_counterpart():
    erp = {"1": "denmark", "2": "Norway ", "SE": "Sverige", "4": "Sweden", "5": "Iceland", "fi": "Suomi"}
    crm = {"DK": "Denmark", "NO": "Norway", "SE": "Sweden", "IS": "ISLAND", "FI": "Finland"}
    assert propose_items({}, erp, crm) == {"1": "DK", "2": "NO", "fi": "FI"}
    assert propose_items({"9": "DK"}, erp, crm) == {"2": "NO", "fi": "FI"}


def test_a_name_that_several_items_have_decides_nothing():
    assert propose_items({}, {"1": "Net 30", "2": "net 30"}, {"N30": "Net 30"}) == {}
    assert propose_items({}, {"1": "Net 30"}, {"N30": "Net 30", "M30": "NET 30"}) == {}


@given(
    entries=ENTRIES,
    erp=st.dictionaries(KEYS, st.sampled_from(["Red", "red", "Blue", "b"])),
    crm=st.dictionaries(KEYS, st.sampled_from(["RED", "blue", "Green"])),
)
def test_proposals_never_make_a_table_that_is_refused(entries, erp, crm):
    kept = {erp_key: crm_key for erp_key, crm_key in entries.items() if crm_key in crm}
    proposed = propose_items(kept, erp, crm)
    assert not proposed.keys() & kept.keys()
    together = {**kept, **proposed}
    assert len(set(together.values())) == len(together)
