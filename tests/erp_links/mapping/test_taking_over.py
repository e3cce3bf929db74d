from dataclasses import replace
from datetime import timedelta

from erp_links.mapping.declared import DeclaredLink, read_declaration
from erp_links.mapping.reading import mapping_of
from erp_links.mapping.taking_over import take_over_declaration
from sync_connectors import Field, FieldType
from tests.emulators.plain_server import ACTOR_TYPES, FIELDS
from tests.erp_links.mapping.stored import DECLARED, NOON, stored_link, type_row

LATER = NOON + timedelta(days=2)


def without(key: str) -> DeclaredLink:
    fields = {name: tuple(field for field in of if field.key != key) for name, of in FIELDS.items()}
    return replace(DECLARED, fields=fields)


def field_row(session, link, key, actor_type="Customer"):
    return next(row for row in type_row(session, link, actor_type).fields if row.key == key)


def test_first_take_over_caches_types_and_fields_in_declared_order(database):
    with database.writing() as session:
        link = stored_link(session)
    with database.reading() as session:
        mapping = mapping_of(session, link)
        assert [each.name for each in mapping.actor_types] == ["Customer", "Person"]
        customer = mapping.actor_types[0]
        assert [each.field for each in customer.fields] == list(FIELDS["Customer"])
        assert customer.actor_type == ACTOR_TYPES[0]
        assert customer.row.entity_type == "company"
        assert {each.row.key for each in customer.fields if each.row.searchable} == set(DECLARED.searchable["Customer"])
        assert mapping.link.declared_at == NOON


def test_known_keys_are_proposed_without_a_direction(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        row = type_row(session, link)
        proposed = {each.key: each.crm_field for each in row.fields if each.proposed}
        assert proposed["NAME"] == "name"
        assert proposed["POSTALAD1"] == "postal.line1"
        assert proposed["CUSTNO"] == "number"
        assert not any(each.to_crm or each.to_erp for each in row.fields)
        assert row.match_fields == ["number"]


def test_only_the_first_suitable_type_is_switched_on_at_first(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        assert [each.row.active for each in mapping_of(session, link).actor_types] == [True, False]


def test_vanished_field_keeps_its_mapping_and_is_flagged_and_returns(database):
    with database.writing() as session:
        link = stored_link(session)
        phone = field_row(session, link, "PHONE")
        phone.to_crm = True
        type_row(session, link).watermark = "17"
        take_over_declaration(session, link, without("PHONE"), LATER)
        phone = field_row(session, link, "PHONE")
        assert (phone.missing_since, phone.crm_field, phone.to_crm) == (LATER, "phone", True)
        take_over_declaration(session, link, without("PHONE"), LATER + timedelta(days=1))
        assert field_row(session, link, "PHONE").missing_since == LATER
        take_over_declaration(session, link, DECLARED, LATER)
        assert field_row(session, link, "PHONE").missing_since is None
        assert type_row(session, link).full_read_due == "returned"


def test_vanished_actor_type_is_kept_and_flagged(database):
    with database.writing() as session:
        link = stored_link(session)
        only_customers = DeclaredLink(ACTOR_TYPES[:1], FIELDS, DECLARED.searchable)
        take_over_declaration(session, link, only_customers, LATER)
        assert type_row(session, link, "Person").missing_since == LATER
        take_over_declaration(session, link, DECLARED, LATER)
        assert type_row(session, link, "Person").missing_since is None


def test_a_new_declaration_leaves_the_administrators_choices_and_order(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        row = type_row(session, link)
        name = field_row(session, link, "NAME")
        name.crm_field, name.proposed, name.rank = "department", False, 99
        row.match_fields = ["vat_number"]
        added = (Field("FAX", "Fax", FieldType.TEXT, rank=0), *FIELDS["Customer"])
        take_over_declaration(session, link, replace(DECLARED, fields={**FIELDS, "Customer": added}), LATER)
        name, fax = field_row(session, link, "NAME"), field_row(session, link, "FAX")
        assert (name.crm_field, name.proposed, name.rank) == ("department", False, 99)
        assert (fax.crm_field, fax.proposed, fax.to_crm, fax.rank) == ("fax", True, False, 100)
        assert type_row(session, link).match_fields == ["vat_number"]


def test_the_version_rises_only_when_something_changed(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        version = mapping_of(session, link).version
        take_over_declaration(session, link, DECLARED, LATER)
        assert mapping_of(session, link).version == version
        take_over_declaration(session, link, without("PHONE"), LATER)
        assert mapping_of(session, link).version == version + 1


def test_an_entity_the_hub_does_not_have_is_left_open(sqlite_database):
    order = replace(ACTOR_TYPES[0], name="PurchaseOrder", entity="purchase_order")
    with sqlite_database.writing() as session:
        link = stored_link(session, declared=DeclaredLink((order,), {"PurchaseOrder": FIELDS["Customer"]}, {}))
        mapped = mapping_of(session, link).actor_types[0]
        assert (mapped.entity, mapped.row.entity_type, mapped.row.active) == (None, "", False)
        assert not any(each.row.crm_field for each in mapped.fields)


def test_an_entity_that_the_hub_has_since_is_taken_and_gets_proposals(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        row = type_row(session, link)
        row.entity_type, row.match_fields = "", []  # as an older Tieline left it, whose hub had no such entity
        for each in row.fields:
            each.crm_field, each.proposed = None, False
        session.flush()
        take_over_declaration(session, link, DECLARED, LATER)
        row = type_row(session, link)
        assert (row.entity_type, row.match_fields) == ("company", ["number"])
        assert {each.key: each.crm_field for each in row.fields if each.proposed}["NAME"] == "name"


class Session:
    """Answers like a link and notes the order of the questions."""

    def __init__(self):
        self.asked = []

    def actor_types(self):
        self.asked.append("actor_types")
        return ACTOR_TYPES

    def fields(self, actor_type):
        self.asked.append(f"fields {actor_type}")
        return FIELDS[actor_type]

    def searchable_fields(self, actor_type):
        self.asked.append(f"searchable_fields {actor_type}")
        return DECLARED.searchable[actor_type]


def test_declaration_is_read_in_the_order_of_the_protocol():
    session = Session()
    assert read_declaration(session) == DECLARED
    assert session.asked == [
        "actor_types",
        "fields Customer",
        "searchable_fields Customer",
        "fields Person",
        "searchable_fields Person",
    ]
