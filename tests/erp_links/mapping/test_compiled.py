from dataclasses import replace

import pytest

from erp_links.mapping.compiled import compile_mapping, lists_to_read
from erp_links.mapping.taking_over import take_over_declaration
from host.crm.models import CustomField
from sync_connectors import FieldType
from tests.emulators.plain_server import FIELDS
from tests.erp_links.mapping.stored import DECLARED, NOON, stored_link, type_row


def mapped(session, **to_crm):
    """Return a link whose customers fill these CRM fields, by ERP field."""
    link = stored_link(session)
    for each in type_row(session, link).fields:
        each.crm_field = to_crm.get(each.key)
        each.to_crm = each.key in to_crm
    session.flush()
    return link


def filled(session, link):
    return {each.erp.key: each.crm.key for each in compile_mapping(session, type_row(session, link)).fields}


def test_only_fields_towards_the_crm_are_asked_for(database):
    with database.writing() as session:
        link = mapped(session, NAME="name", PHONE="phone")
        compiled = compile_mapping(session, type_row(session, link))
        assert compiled.erp_keys == ("NAME", "PHONE")
        assert compiled.entity.key == "company"
        assert [field.key for field in compiled.required] == ["name"]


@pytest.mark.parametrize("change", ["gone", "other type"])
def test_a_field_that_the_erp_changed_is_left_out_until_somebody_mends_it(sqlite_database, change):
    phone = next(field for field in FIELDS["Customer"] if field.key == "PHONE")
    others = tuple(field for field in FIELDS["Customer"] if field.key != "PHONE")
    now = others if change == "gone" else (*others, replace(phone, type=FieldType.ROWS))
    with sqlite_database.writing() as session:
        link = mapped(session, NAME="name", PHONE="phone")
        take_over_declaration(session, link, replace(DECLARED, fields={**FIELDS, "Customer": now}), NOON)
        assert filled(session, link) == {"NAME": "name"}


def test_a_mapping_to_a_deleted_user_defined_field_is_left_out(database):
    with database.writing() as session:
        session.add(CustomField(entity_type="company", key="x_rank", label="Rank", type="text", created_at=NOON))
        session.flush()
        link = mapped(session, NAME="name", OURREF="x_rank")
        assert filled(session, link) == {"NAME": "name", "OURREF": "x_rank"}
        session.query(CustomField).one().deleted_at = NOON
        session.flush()
        assert filled(session, link) == {"NAME": "name"}


def test_lists_that_go_into_texts_are_named(sqlite_database):
    with sqlite_database.writing() as session:
        link = mapped(session, COUNTRY="department")
        assert lists_to_read(session, type_row(session, link)) == {"countries"}
        assert lists_to_read(session, type_row(session, mapped_other(session))) == set()


def mapped_other(session):
    link = stored_link(session, "Other")
    for each in type_row(session, link).fields:
        each.to_crm = each.key == "NAME"
    return link


def test_persons_refer_to_the_record_of_their_parent(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        assert compile_mapping(session, type_row(session, link, "Person")).parent_field == "company"
        assert compile_mapping(session, type_row(session, link, "Customer")).parent_field == ""
