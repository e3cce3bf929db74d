from dataclasses import replace

from erp_links.links.models import LinkState
from erp_links.mapping.declared import DeclaredLink
from erp_links.mapping.operations import save_mapping
from erp_links.mapping.reasons import activation_reasons
from erp_links.mapping.schemas import MappingInput
from erp_links.mapping.taking_over import take_over_declaration
from host.crm.models import CustomField
from host.schemas import load
from sync_connectors import Capabilities
from tests.emulators.plain_server import ACTOR_TYPES, FIELDS
from tests.erp_links.mapping.stored import ADMINISTRATOR, DECLARED, NOON, stored_link, type_row

PULL_ONLY = DeclaredLink(
    tuple(replace(each, capabilities=Capabilities()) for each in ACTOR_TYPES), FIELDS, DECLARED.searchable
)


def save(session, link, *actor_types):
    save_mapping(session, ADMINISTRATOR, link, load(MappingInput, {"actor_types": list(actor_types)}))


def test_a_mapping_with_directions_stands_in_the_way_of_nothing(database):
    with database.writing() as session:
        link = stored_link(session)
        save(session, link, {"name": "Customer", "accept_proposals": "both"})
        assert activation_reasons(session, link) == []


def test_all_reasons_come_at_once(database):
    with database.writing() as session:
        link = stored_link(session)
        session.add(CustomField(entity_type="company", key="x_rank", label="Rank", type="text", created_at=NOON))
        session.flush()
        save(
            session,
            link,
            {
                "name": "Customer",
                "unpaired_pull": "create",
                "match_fields": ["vat_number"],
                "fields": [
                    {"key": "PHONE", "to_crm": True},
                    {"key": "OURREF", "crm_field": "x_rank", "to_crm": True},
                ],
            },
            {"name": "Person", "active": True, "unpaired_pull": "pair", "match_fields": []},
        )
        session.query(CustomField).one().deleted_at = NOON
        fewer = {**FIELDS, "Customer": tuple(each for each in FIELDS["Customer"] if each.key != "PHONE")}
        take_over_declaration(session, link, replace(DECLARED, fields=fewer), NOON)
        assert activation_reasons(session, link) == [
            "Customer: “Name” is mandatory in the ERP and has no direction",
            "Customer: “Telephone” is gone from the ERP, remove its mapping",
            "Customer: “Our reference” is mapped to a field that is no longer in the CRM",
            "Customer: no ERP field fills the match field “VAT number”",
            "Customer: the CRM needs “Name” to create a record, and no ERP field fills it",
            "Contact person: no field has a direction",
            "Contact person: “Last name” is mandatory in the ERP and has no direction",
            "Contact person: records without a pairing are to be paired, and no match field is chosen",
        ]


def test_mandatory_field_needs_a_direction_to_the_erp_where_records_are_created_there(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        fields = [{"key": "NAME", "to_crm": True}]
        save(session, link, {"name": "Customer", "fields": fields})
        assert activation_reasons(session, link) == []
        save(session, link, {"name": "Customer", "unpaired_push": "create", "fields": fields})
        assert (
            "Customer: “Name” is mandatory in the ERP, and a record cannot be created there without a direction to it"
            in activation_reasons(session, link)
        )


def test_any_direction_will_do_where_the_connector_only_reads(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session, declared=PULL_ONLY)
        save(session, link, {"name": "Customer", "fields": [{"key": "NAME", "to_crm": True}]})
        assert activation_reasons(session, link) == []


def test_nothing_switched_on_is_a_reason(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        save(session, link, {"name": "Customer", "active": False})
        assert activation_reasons(session, link) == ["no actor type is switched on"]


def test_persons_need_the_type_that_they_lie_under(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        save(
            session,
            link,
            {"name": "Customer", "active": False},
            {"name": "Person", "active": True, "accept_proposals": "both"},
        )
        assert activation_reasons(session, link) == [
            "Contact person: its records lie under Customer, which is not switched on"
        ]


def test_a_type_that_the_erp_dropped_is_a_reason(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        take_over_declaration(session, link, DeclaredLink(ACTOR_TYPES[1:], FIELDS, {}), NOON)
        assert activation_reasons(session, link) == ["Customer: the ERP no longer offers it, switch it off"]


def test_a_second_one_way_master_of_a_crm_field_is_refused(database):
    with database.writing() as session:
        first = stored_link(session, "First", PULL_ONLY)
        save(session, first, {"name": "Customer", "fields": [{"key": "NAME", "to_crm": True}]})
        first.state = LinkState.ACTIVE.value
        second = stored_link(session, "Second", PULL_ONLY)
        row = type_row(session, second)
        next(each for each in row.fields if each.key == "NAME").to_crm = True
        session.flush()
        assert activation_reasons(session, second) == ["Customer: “Name”: “First” already fills this CRM field one-way"]
        third = stored_link(session, "Third")
        save(session, third, {"name": "Customer", "accept_proposals": "both"})
        assert activation_reasons(session, third) == []


def test_two_fields_filling_one_crm_field_are_a_reason(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        save(session, link, {"name": "Customer", "accept_proposals": "both"})
        for each in type_row(session, link).fields:
            if each.key == "OURREF":
                each.crm_field, each.to_crm = "name", True
        session.flush()
        assert activation_reasons(session, link) == ["Customer: 2 ERP fields fill the CRM field “Name”"]


def test_records_are_looked_for_in_the_erp_only_by_fields_that_it_can_search(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        accepted = {"name": "Customer", "unpaired_push": "pair", "accept_proposals": "both"}
        save(session, link, {**accepted, "match_fields": ["vat_number"]})
        assert activation_reasons(session, link) == []
        save(session, link, {**accepted, "match_fields": ["phone"]})
        assert activation_reasons(session, link) == [
            "Customer: the ERP cannot be searched by any of the match fields (Phone)"
        ]
        save(session, link, {**accepted, "match_fields": ["vat_number", "fax"]})
        assert activation_reasons(session, link) == ["Customer: no ERP field goes with the match field “Fax”"]
        save(session, link, {**accepted, "unpaired_push": "create", "match_fields": []})
        assert activation_reasons(session, link) == []
