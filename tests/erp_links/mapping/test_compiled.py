from dataclasses import replace

import pytest
from sqlalchemy import select

from erp_links.mapping.compiled import compile_mapping, lists_to_read
from erp_links.mapping.converting import UnmappedItemError
from erp_links.mapping.list_state import note_lists
from erp_links.mapping.models import ListMapping, ListMappingItem
from erp_links.mapping.taking_over import take_over_declaration
from host.crm.models import CrmList, CrmListItem, CustomField
from sync_connectors import FieldType, ListKey
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


def countries(session, texts=None):
    """Return a link whose customers' country goes both ways, compiled with what the ERP's list has."""
    link = mapped(session, NAME="name", COUNTRY="country")
    for each in type_row(session, link).fields:
        each.to_erp = each.to_crm
    session.flush()
    row = type_row(session, link)
    return row, compile_mapping(session, row, texts={"countries": texts or {"DK": "Denmark", "XX": "Nowhere"}})


def test_items_go_by_the_table_of_the_link_and_by_equal_keys_beside_it(database):
    with database.writing() as session:
        make_country_list(session)
        link = mapped(session, COUNTRY="country")
        row = type_row(session, link)
        next(each for each in row.fields if each.key == "COUNTRY").to_erp = True
        session.add(
            ListMapping(
                link_id=link.id,
                erp_list="countries",
                crm_list="country",
                items=[ListMappingItem(erp_key="DEN", crm_key="DK")],
            )
        )
        session.flush()
        compiled = compile_mapping(session, row, texts={"countries": {"DEN": "Denmark", "NO": "Norway", "DK": "Old"}})
        field = compiled.fields[0]
        assert (field.convert(ListKey("DEN")), field.convert(ListKey("NO"))) == ("DK", "NO")
        assert (field.convert_back("DK"), field.convert_back("NO")) == (ListKey("DEN"), ListKey("NO"))
        # DK stands in the table, so the ERP's own DK goes with nothing; SE is not in the ERP's list
        for convert, item in ((field.convert, ListKey("DK")), (field.convert_back, "SE")):
            with pytest.raises(UnmappedItemError):
                convert(item)


def test_no_equal_key_is_sent_to_a_list_that_was_not_asked(sqlite_database):
    with sqlite_database.writing() as session:
        make_country_list(session)
        row, compiled = countries(session)
        assert lists_to_read(session, row) == {"countries"}
        assert lists_to_read(session, row, pushing=False) == set()
        assert compiled.pushed[1].convert_back("DK") == ListKey("DK")
        with pytest.raises(UnmappedItemError):
            compile_mapping(session, row).pushed[1].convert_back("DK")


def test_a_field_that_may_no_longer_be_written_goes_one_way(sqlite_database):
    with sqlite_database.writing() as session:
        row, compiled = countries(session)
        assert [field.erp.key for field in compiled.pushed] == ["NAME", "COUNTRY"]
        name = next(each for each in row.fields if each.key == "NAME")
        name.declaration = {**name.declaration, "access": "read_only"}
        compiled = compile_mapping(session, row)
        assert [field.erp.key for field in compiled.pushed] == ["COUNTRY"]
        assert compiled.erp_keys == compiled.all_keys == ("NAME", "COUNTRY")


@pytest.mark.parametrize(
    ("change", "fingerprint_differs", "marks"),
    [
        ("nothing", False, (None, None)),
        ("hub item", True, ("lists", "lists")),
        ("erp item", False, (None, "lists")),
        ("table", True, ("lists", "lists")),
    ],
)
def test_lists_that_changed_are_noticed_by_the_next_run(database, change, fingerprint_differs, marks):
    texts = {"DK": "Denmark", "XX": "Nowhere", "SE": "Sweden"}
    with database.writing() as session:
        make_country_list(session)
        row, compiled = countries(session, texts)
        note_lists(row, compiled)
        row.watermark = "17"
        assert (row.full_read_due, row.full_push_due) == (None, None)
        if change == "hub item":
            session.add(CrmListItem(list_key="country", key="XX", name="Nowhere"))
        elif change == "erp item":
            texts = {**texts, "NO": "Norway"}
        elif change == "table":
            items = [ListMappingItem(erp_key="XX", crm_key="NO")]
            session.add(ListMapping(link_id=row.link_id, erp_list="countries", crm_list="country", items=items))
        session.flush()
        now = compile_mapping(session, row, texts={"countries": texts})
        note_lists(row, now)
        assert (now.fingerprint != compiled.fingerprint) == fingerprint_differs
        assert (row.full_read_due, row.full_push_due) == marks


def make_country_list(session):
    for row in session.scalars(select(CrmListItem).where(CrmListItem.list_key == "country")):
        session.delete(row)
    session.merge(CrmList(key="country", name="Country"))
    session.flush()
    for key, name in {"DK": "Denmark", "NO": "Norway", "SE": "Sweden"}.items():
        session.add(CrmListItem(list_key="country", key=key, name=name))
    session.flush()
