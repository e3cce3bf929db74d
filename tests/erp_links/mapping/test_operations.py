from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import select

from erp_links.links.models import LinkState
from erp_links.mapping.operations import save_mapping
from erp_links.mapping.reading import mapping_of
from erp_links.mapping.schemas import MappingInput
from erp_links.mapping.taking_over import take_over_declaration
from erp_links.sync.models import Pairing
from host.audit.models import AuditEntry
from host.errors import ConflictError, InvalidInputError, StaleVersionError
from host.schemas import load
from tests.emulators.plain_server import FIELDS
from tests.erp_links.mapping.stored import ADMINISTRATOR, DECLARED, NOON, stored_link, type_row


def save(session, link, *actor_types, version=None):
    return save_mapping(session, ADMINISTRATOR, link, load(MappingInput, {"actor_types": list(actor_types)}), version)


def customer(*fields, **settings):
    return {"name": "Customer", "fields": list(fields), **settings}


def faults(session, link, *actor_types):
    with pytest.raises(InvalidInputError) as caught:
        save(session, link, *actor_types)
    return caught.value.errors


def test_one_save_stores_settings_and_fields_and_tells_the_audit_log(database):
    with database.writing() as session:
        link = stored_link(session)
    with database.writing() as session:
        version = mapping_of(session, link).version
        saved = save(
            session,
            link,
            customer(
                {"key": "NAME", "crm_field": "name", "to_crm": True, "to_erp": True, "show_on_tab": True},
                {"key": "PHONE", "crm_field": None},
                unpaired_pull="create",
                match_fields=["number", "vat_number"],
            ),
            version=version,
        )
        assert saved.version == version + 1
    with database.reading() as session:
        row = type_row(session, link)
        stored = {each.key: each for each in row.fields}
        assert (stored["NAME"].to_crm, stored["NAME"].to_erp, stored["NAME"].proposed) == (True, True, False)
        assert (stored["PHONE"].crm_field, stored["PHONE"].proposed) == (None, False)
        assert (row.unpaired_pull, row.match_fields) == ("create", ["number", "vat_number"])
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.action, entry.object_name, entry.actor_name) == ("erp_link.map", "Nordwind", "Ida Holm")
        assert entry.changes["Customer: fields.NAME"]["after"]["to_erp"] is True
        assert entry.changes["Customer: match fields"]["after"] == ["number", "vat_number"]


def test_saving_what_is_stored_changes_nothing(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        version = mapping_of(session, link).version
        assert save(session, link, customer({"key": "NAME", "crm_field": "name"})).version == version
        assert session.scalars(select(AuditEntry)).all() == []


def test_all_faults_come_at_once_and_nothing_is_stored(database):
    with database.writing() as session:
        link = stored_link(session)
    with database.writing() as session:
        found = faults(
            session,
            link,
            customer(
                {"key": "NAME", "crm_field": "no_such_field"},
                {"key": "CUSTNO", "to_erp": True},
                {"key": "PHONE", "crm_field": None, "to_crm": True},
                {"key": "EMAIL", "crm_field": "blocked"},
                {"key": "NOTHING"},
                {"key": "VATNO", "to_crm": True},
                {"key": "OURREF", "crm_field": "vat_number", "to_crm": True},
                entity_type="person",
                match_fields=["description"],
                order=["NAME", "GHOST"],
            ),
            {"name": "Ghost"},
            {"name": "Customer"},
        )
    assert found == {
        "actor_types.0.entity_type": ["“person” does not suit this actor type"],
        "actor_types.0.match_fields": ["“description” cannot tell records apart"],
        "actor_types.0.order": ["there is no field “GHOST”"],
        "actor_types.0.fields.0.crm_field": ["the CRM has no field “no_such_field”"],
        "actor_types.0.fields.1.to_erp": ["read-only in the ERP"],
        "actor_types.0.fields.2.to_crm": ["choose a CRM field first"],
        "actor_types.0.fields.3.crm_field": ["text in the ERP does not go with yes or no in the CRM"],
        "actor_types.0.fields.4.key": ["there is no field “NOTHING”"],
        "actor_types.0.fields.6.to_crm": ["“VATNO” fills the CRM field “VAT number” already"],
        "actor_types.1.name": ["the link has no actor type “Ghost”"],
        "actor_types.2.name": ["“Customer” stands here twice"],
    }
    with database.reading() as session:
        assert {each.key: each.crm_field for each in type_row(session, link).fields}["NAME"] == "name"


def test_a_stored_choice_that_became_wrong_does_not_stop_the_rest_from_being_saved(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        save(session, link, customer({"key": "PHONE", "to_crm": True}))
        fewer = {**FIELDS, "Customer": tuple(each for each in FIELDS["Customer"] if each.key != "PHONE")}
        take_over_declaration(session, link, replace(DECLARED, fields=fewer), NOON)
        save(session, link, customer({"key": "PHONE", "crm_field": "phone", "to_crm": True}, active=False))
        assert type_row(session, link).active is False
        save(session, link, customer({"key": "PHONE", "crm_field": None}))
        phone = next(each for each in type_row(session, link).fields if each.key == "PHONE")
        assert (phone.crm_field, phone.to_crm) == (None, False)


def test_a_stale_version_names_who_was_quicker(database):
    with database.writing() as session:
        link = stored_link(session)
        version = mapping_of(session, link).version
        save(session, link, customer({"key": "NAME", "to_erp": True}), version=version)
        with pytest.raises(StaleVersionError) as caught:
            save(session, link, customer({"key": "NAME", "to_crm": True}), version=version)
        assert caught.value.changed_by == "Ida Holm"


def test_a_new_declaration_makes_an_open_page_stale_without_blaming_anybody(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        version = mapping_of(session, link).version
        take_over_declaration(session, link, replace(DECLARED, fields={}))
        with pytest.raises(StaleVersionError) as caught:
            save(session, link, customer(active=False), version=version)
        assert caught.value.changed_by == ""


def test_the_mapping_of_an_active_link_is_locked(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        link.state = LinkState.ACTIVE.value
        with pytest.raises(ConflictError, match="locked while the link is active"):
            save(session, link, customer(active=False))


def test_another_entity_is_refused_while_records_are_paired(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        row = type_row(session, link)
        row.entity_type = "person"
        session.add(
            Pairing(
                link_id=link.id,
                actor_type="Customer",
                erp_key="1",
                entity_type="person",
                entity_id=1,
                paired_at=NOON,
            )
        )
        session.flush()
        with pytest.raises(ConflictError, match="1 records of “Customer” are paired already"):
            save(session, link, customer(entity_type="company"))


def test_all_proposals_take_one_direction_as_far_as_they_can(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        save(session, link, customer(accept_proposals="both"))
        rows = {each.key: each for each in type_row(session, link).fields}
        assert (rows["NAME"].to_crm, rows["NAME"].to_erp) == (True, True)
        assert (rows["CUSTNO"].to_crm, rows["CUSTNO"].to_erp) == (True, False)
        assert not any(each.proposed for each in rows.values())
        assert (rows["OURREF"].to_crm, rows["OURREF"].to_erp) == (False, False)


def test_proposals_accepted_towards_the_erp_leave_read_only_fields_proposed(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        save(session, link, customer(accept_proposals="to_erp"))
        rows = {each.key: each for each in type_row(session, link).fields}
        assert (rows["NAME"].to_crm, rows["NAME"].to_erp, rows["NAME"].proposed) == (False, True, False)
        assert (rows["CUSTNO"].to_erp, rows["CUSTNO"].proposed) == (False, True)


def test_the_order_of_fields_is_kept_and_the_unnamed_follow(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
        save(session, link, customer(order=["CREDIT", "NAME"]))
        keys = [each.key for each in sorted(type_row(session, link).fields, key=lambda each: each.rank)]
        assert keys[:4] == ["CREDIT", "NAME", "CUSTNO", "PHONE"]
        assert [each.row.key for each in mapping_of(session, link).actor_types[0].fields] == keys


def test_of_two_administrators_at_once_one_is_told(database):
    with database.writing() as session:
        link = stored_link(session)
        version = mapping_of(session, link).version
    together = Barrier(2)

    def save_as(crm_field):
        together.wait(60)
        try:
            with database.writing() as session:
                save(session, link, customer({"key": "PHONE", "crm_field": crm_field}), version=version)
        except StaleVersionError:
            return "told"
        return crm_field

    with ThreadPoolExecutor(2) as pool:
        outcomes = set(pool.map(save_as, ["fax", "department"]))
    stored = outcomes - {"told"}
    assert len(outcomes) == 2
    assert len(stored) == 1
    with database.reading() as session:
        assert {each.crm_field for each in type_row(session, link).fields if each.key == "PHONE"} == stored
