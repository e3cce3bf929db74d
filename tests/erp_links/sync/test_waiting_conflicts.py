"""Fields about which a person is asked, as a pull finds them."""

import pytest
from sqlalchemy import select, update

from erp_links.sync.models import Conflict
from host.crm.models import OutboxEntry
from tests.erp_links.sync.stage import Stage

CUSTOMER = {"NAME": "name", "EMAIL": "email"}


def asked(stage: Stage) -> list[Conflict]:
    with stage.database.reading() as session:
        return list(session.scalars(select(Conflict).order_by(Conflict.crm_field)))


def conflict(stage: Stage) -> int:
    """Both sides change a field whose policy is to ask; return the company's id."""
    stage.map("Customer", CUSTOMER, two_way=("NAME", "EMAIL"), policy="ask")
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "EMAIL": "base@alfa.example"})
    stage.run()
    company_id: int = stage.hub()[0]["id"]
    stage.edit("company", company_id, email="typed@alfa.example")
    stage.server.put("Customer", "C1", {"EMAIL": "erp@alfa.example"})
    return company_id


def test_neither_side_is_written_and_both_values_wait_for_a_person(stage: Stage) -> None:
    conflict(stage)
    run = stage.run()
    (waiting,) = asked(stage)
    assert (waiting.crm_field, waiting.erp_value, waiting.hub_value) == (
        "email",
        "erp@alfa.example",
        "typed@alfa.example",
    )
    assert stage.hub()[0]["email"] == "typed@alfa.example"
    assert stage.pairings()["C1"].base_erp["EMAIL"] == "base@alfa.example"
    assert run.counts["conflicts"] == 1


def test_the_same_question_is_not_asked_twice(stage: Stage) -> None:
    conflict(stage)
    stage.run()
    (first,) = asked(stage)
    stage.server.put("Customer", "C1", {"NAME": "Alfa A/S"})
    run = stage.run()
    (again,) = asked(stage)
    assert (again.id, again.version, again.found_at) == (first.id, first.version, first.found_at)
    assert "conflicts" not in run.counts
    # the field beside it is not held up
    assert stage.hub()[0]["name"] == "Alfa A/S"


def test_another_value_asks_anew_and_forgets_what_was_chosen(stage: Stage) -> None:
    conflict(stage)
    stage.run()
    with stage.database.writing() as session:
        session.execute(update(Conflict).values(choice="erp"))
    stage.server.put("Customer", "C1", {"EMAIL": "newer@alfa.example"})
    stage.run()
    (again,) = asked(stage)
    assert (again.erp_value, again.choice, again.version) == ("newer@alfa.example", None, 2)


@pytest.mark.parametrize(
    ("choice", "email", "owed"), [("erp", "erp@alfa.example", 0), ("crm", "typed@alfa.example", 1)]
)
def test_what_a_person_chose_is_carried_out_when_the_record_comes_again(
    stage: Stage, choice: str, email: str, owed: int
) -> None:
    company_id = conflict(stage)
    stage.run()
    with stage.database.writing() as session:
        session.execute(update(Conflict).values(choice=choice))
    stage.server.put("Customer", "C1", {"NAME": "Alfa A/S"})
    stage.run()
    assert stage.hub()[0]["email"] == email
    assert asked(stage) == []
    with stage.database.reading() as session:
        entries = session.scalars(select(OutboxEntry.entity_id)).all()
    assert entries == [company_id] * owed or stage.server.records["Customer"]["C1"].values["EMAIL"] == email


def test_a_question_goes_when_both_sides_have_become_equal(stage: Stage) -> None:
    company_id = conflict(stage)
    stage.run()
    stage.edit("company", company_id, email="erp@alfa.example")
    stage.server.put("Customer", "C1", {"NAME": "Alfa A/S"})
    stage.run()
    assert asked(stage) == []
    assert stage.pairings()["C1"].base_erp["EMAIL"] == "erp@alfa.example"
