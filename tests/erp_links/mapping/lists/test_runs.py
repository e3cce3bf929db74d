"""List items in runs, both ways: by the table, by equal keys, and otherwise skipped and counted."""

import pytest
from sqlalchemy import update

from erp_links.links.models import ErpLink, LinkState
from erp_links.mapping.lists.operations import save_table
from erp_links.mapping.subscribing import subscribe_link
from host.crm.models import CrmListItem
from tests.erp_links.mapping.stored import ADMINISTRATOR

PAIR = ("countries", "country")


@pytest.fixture
def active(stage):
    """The link, active, with a table that joins the ERP's 1 and Denmark."""
    with stage.database.writing() as session:
        save_table(session, ADMINISTRATOR, stage.link_id, *PAIR, [("1", "DK")])
        activate(session, stage)
    return stage


def activate(session, stage):
    session.execute(update(ErpLink).values(state=LinkState.ACTIVE.value))
    subscribe_link(session, session.get_one(ErpLink, stage.link_id))


def country_in_erp(stage, key="C1"):
    return stage.server.records["Customer"][key].values.get("COUNTRY")


def countries(stage):
    return {each["name"]: each["country"] for each in stage.hub()}


def test_items_go_by_the_table_and_by_equal_keys_and_others_are_counted(active):
    for key, country in {"Alfa": "1", "Beta": "SE", "Gamma": "2"}.items():
        active.server.put("Customer", key, {"NAME": key, "COUNTRY": country})
    run = active.run()
    assert countries(active) == {"Alfa": "DK", "Beta": "SE", "Gamma": None}
    assert run.counts["unmapped"] == 1


def test_an_item_of_the_crm_goes_back_as_the_item_of_the_erp(active):
    active.server.put("Customer", "C1", {"NAME": "Alfa", "COUNTRY": "SE"})
    active.run()
    (company,) = active.hub()
    active.edit("company", company["id"], country="DK")
    active.run()
    assert country_in_erp(active) == "1"
    # NO has no counterpart in the ERP's list, so nothing is sent, and never its own key
    active.edit("company", company["id"], country="NO")
    active.run()
    assert country_in_erp(active) == "1"
    assert countries(active) == {"Alfa": "NO"}


def test_a_new_table_makes_the_next_run_read_everything_again(active):
    active.server.put("Customer", "C1", {"NAME": "Alfa", "COUNTRY": "2"})
    active.run()
    assert countries(active) == {"Alfa": None}
    with active.database.writing() as session:
        session.execute(update(ErpLink).values(state=LinkState.INACTIVE.value))
        save_table(session, ADMINISTRATOR, active.link_id, *PAIR, [("1", "DK"), ("2", "NO")])
        activate(session, active)
    active.run()
    assert countries(active) == {"Alfa": "NO"}


def test_a_new_item_of_the_crm_is_noticed_by_the_next_run(active):
    active.server.put("Customer", "C1", {"NAME": "Alfa", "COUNTRY": "2"})
    active.run()
    with active.database.writing() as session:
        session.add(CrmListItem(list_key="country", key="2", name="Two"))
    active.run()
    assert countries(active) == {"Alfa": "2"}
    counts = active.run().counts
    assert "changed" not in counts
