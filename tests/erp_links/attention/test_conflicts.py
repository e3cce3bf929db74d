import pytest
from sqlalchemy import select

from erp_links.attention.conflicts import choose, choose_all
from erp_links.sync.models import Conflict
from host.audit.models import AuditEntry
from host.errors import InvalidInputError, NotFoundError, StaleVersionError
from tests.erp_links.attention.waiting_rows import add_conflict, add_pairing, empty_outbox, outbox, rows
from tests.erp_links.sync.stage import IDA, Stage


def asked(stage: Stage) -> tuple[int, Conflict]:
    """Both sides change the e-mail address, and a run asks about it."""
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "EMAIL": "base@alfa.example"})
    stage.run()
    company = stage.hub()[0]["id"]
    stage.edit("company", company, email="crm@alfa.example")
    stage.server.put("Customer", "C1", {"EMAIL": "erp@alfa.example"})
    stage.run()
    (conflict,) = rows(stage, Conflict)
    return company, conflict


@pytest.mark.parametrize(("side", "winner"), [("crm", "crm@alfa.example"), ("erp", "erp@alfa.example")])
def test_the_next_run_carries_out_what_was_chosen(stage: Stage, side: str, winner: str) -> None:
    _company, conflict = asked(stage)
    with stage.database.writing() as session:
        choose(session, conflict.id, side, IDA, conflict.version)
    stage.run()
    assert stage.hub()[0]["email"] == winner
    assert stage.server.records["Customer"]["C1"].values["EMAIL"] == winner
    assert rows(stage, Conflict) == []
    changed = [entry for entry in stage.log("changed") if entry.crm_field == "email"]
    assert (changed[-1].reason, changed[-1].target) == ("chosen", "erp" if side == "crm" else "crm")


def test_a_choice_is_noted_and_puts_the_record_on_the_outbox(stage: Stage) -> None:
    company = stage.add("company", name="Alfa")
    conflict = add_conflict(stage, add_pairing(stage, "C1", company))
    empty_outbox(stage)
    with stage.database.writing() as session:
        choose(session, conflict.id, "erp", IDA)
    (chosen,) = rows(stage, Conflict)
    assert (chosen.choice, chosen.version, chosen.chosen_at is not None) == ("erp", 2, True)
    assert outbox(stage) == {company}
    with stage.database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "conflict.choose")).one()
    assert entry.changes == {"email": {"before": None, "after": "erp"}}


def test_a_choice_for_other_values_than_were_seen_is_refused(sqlite_stage: Stage) -> None:
    pairing = add_pairing(sqlite_stage, "C1", sqlite_stage.add("company", name="Alfa"))
    conflict = add_conflict(sqlite_stage, pairing, version=2)
    with pytest.raises(StaleVersionError), sqlite_stage.database.writing() as session:
        choose(session, conflict.id, "erp", IDA, 1)
    assert rows(sqlite_stage, Conflict)[0].choice is None


def test_several_are_decided_together_or_not_at_all(stage: Stage) -> None:
    company = stage.add("company", name="Alfa")
    pairing = add_pairing(stage, "C1", company)
    first, second = add_conflict(stage, pairing), add_conflict(stage, pairing, "name")
    with pytest.raises(NotFoundError), stage.database.writing() as session:
        choose_all(session, {first.id: None, second.id: None, 4711: None}, "crm", IDA)
    assert {each.choice for each in rows(stage, Conflict)} == {None}
    with stage.database.writing() as session:
        choose_all(session, {first.id: 1, second.id: 1}, "crm", IDA, stage.link_id)
    assert {each.choice for each in rows(stage, Conflict)} == {"crm"}


def test_there_are_two_sides(sqlite_stage: Stage) -> None:
    with pytest.raises(InvalidInputError), sqlite_stage.database.writing() as session:
        choose(session, 1, "both", IDA)


def test_a_conflict_of_another_link_is_not_decided_with_those_of_this_one(sqlite_stage: Stage) -> None:
    conflict = add_conflict(sqlite_stage, add_pairing(sqlite_stage, "C1", sqlite_stage.add("company", name="Alfa")))
    with pytest.raises(NotFoundError), sqlite_stage.database.writing() as session:
        choose_all(session, {conflict.id: None}, "crm", IDA, sqlite_stage.link_id + 1)
