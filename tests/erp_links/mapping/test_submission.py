import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp_links.mapping.accepting import accept
from erp_links.mapping.crm_fields import crm_fields_reader
from erp_links.mapping.reading import mapping_of, refreshed
from erp_links.mapping.reasons import direction_faults
from erp_links.mapping.schemas import DIRECTIONS, MappingInput
from erp_links.mapping.submission import lay_over
from host.crm.entities.company import COMPANY
from host.schemas import load
from tests.emulators.plain_server import FIELDS
from tests.erp_links.mapping.stored import stored_link

KEYS = st.sampled_from([field.key for field in FIELDS["Customer"]]) | st.just("GHOST")
CRM_KEYS = st.none() | st.sampled_from([field.key for field in COMPANY.fields]) | st.just("x_ghost")
FIELD = st.fixed_dictionaries(
    {"key": KEYS},
    optional={
        "crm_field": CRM_KEYS,
        "to_crm": st.booleans(),
        "to_erp": st.booleans(),
        "policy": st.sampled_from(["priority", "newest", "ask"]),
        "row_columns": st.just({}),
    },
)
CUSTOMER = st.fixed_dictionaries(
    {"name": st.just("Customer"), "fields": st.lists(FIELD, max_size=6)},
    optional={
        "active": st.booleans(),
        "entity_type": st.sampled_from(["company", "person", ""]),
        "match_fields": st.lists(st.sampled_from(["number", "name", "description", "ghost"]), max_size=3),
        "unpaired_push": st.sampled_from(["ignore", "pair", "create"]),
        "order": st.lists(KEYS, max_size=4),
    },
)


@pytest.fixture
def link(sqlite_database):
    with sqlite_database.writing() as session:
        return stored_link(session)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(customer=CUSTOMER, direction=st.sampled_from(DIRECTIONS))
def test_what_has_no_fault_is_possible_in_every_direction(sqlite_database, link, customer, direction):
    values = load(MappingInput, {"actor_types": [customer]})
    with sqlite_database.reading() as session, session.no_autoflush:
        read = crm_fields_reader(session)
        mapping, faults = lay_over(mapping_of(session, link), values, read)
        assert all(words for of_path in faults.values() for words in of_path)
        if faults:
            return
        accept(mapping.named("Customer"), direction)
        customer_now = refreshed(mapping, read).named("Customer")
        filled = [each.row.crm_field for each in customer_now.fields if each.row.to_crm]
        assert len(set(filled)) == len(filled)
        for each in customer_now.fields:
            assert direction_faults(each, to_crm=each.row.to_crm, to_erp=each.row.to_erp) == []
        assert sorted(each.row.rank for each in customer_now.fields) == list(range(len(FIELDS["Customer"])))


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(customer=CUSTOMER)
def test_laying_over_stores_nothing(sqlite_database, link, customer):
    values = load(MappingInput, {"actor_types": [customer]})
    with sqlite_database.reading() as session, session.no_autoflush:
        lay_over(mapping_of(session, link), values, crm_fields_reader(session))
    with sqlite_database.reading() as session:
        mapped = mapping_of(session, link).named("Customer")
        assert [each.row.crm_field for each in mapped.fields][:2] == ["name", "number"]
