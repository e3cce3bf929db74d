import pytest
from sqlalchemy import select

from erp_links.attention.disconnecting import disconnect, lift
from erp_links.attention.pairing import pair
from erp_links.links.models import ErpLink
from erp_links.sync.models import Conflict, FailedRecord, Intent, IntentState, Pairing, PairingState
from host.audit.models import AuditEntry
from host.errors import ConflictError, InvalidInputError, NotFoundError
from tests.erp_links.attention.waiting_rows import (
    add_conflict,
    add_failed,
    add_intent,
    add_pairing,
    empty_outbox,
    outbox,
    rows,
    states,
)
from tests.erp_links.sync.stage import IDA, Stage


def paired(stage: Stage, erp_key: str, entity_id: int, actor_type: str = "Customer") -> None:
    with stage.database.writing() as session:
        pair(session, session.get_one(ErpLink, stage.link_id), actor_type, erp_key, entity_id, IDA)


def audited(stage: Stage) -> list[str]:
    with stage.database.reading() as session:
        return list(session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("pairing."))))


def test_the_next_run_merges_what_a_person_paired(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name", "EMAIL": "email"}, unpaired="ignore", two_way=["NAME", "EMAIL"])
    stage.server.put("Customer", "C1", {"NAME": "Alfa A/S", "EMAIL": "erp@alfa.example"})
    company = stage.add("company", name="Alfa")
    stage.run()
    assert stage.pairings() == {}
    paired(stage, "C1", company)
    run = stage.run()
    assert run.outcome == "success"
    hub, erp = stage.hub()[0], stage.server.records["Customer"]["C1"].values
    assert (hub["name"], hub["email"]) == (erp["NAME"], erp["EMAIL"])
    assert (hub["email"], len(stage.hub())) == ("erp@alfa.example", 1)
    assert stage.pairings()["C1"].base_erp["NAME"] == hub["name"]
    assert stage.failed() == []


def test_pairing_asks_for_both_records_and_is_logged(stage: Stage) -> None:
    company = stage.add("company", name="Alfa")
    empty_outbox(stage)
    paired(stage, " C1 ", company)
    (pairing,) = rows(stage, Pairing)
    assert (pairing.erp_key, pairing.entity_id, pairing.state, pairing.base_erp) == ("C1", company, "paired", {})
    (asked,) = stage.failed()
    assert (asked.erp_key, asked.reason, asked.retry_at is not None) == ("C1", "asked", True)
    assert outbox(stage) == {company}
    (entry,) = stage.log("paired")
    assert (entry.entity_id, entry.reason, entry.run_id) == (company, "chosen", None)
    assert audited(stage) == ["pairing.pair"]


def test_an_ambiguous_record_that_was_paired_is_tried_again_at_once(sqlite_stage: Stage) -> None:
    failed = add_failed(sqlite_stage, "C1", state="dismissed", parent_type="Group", parent_key="G1")
    paired(sqlite_stage, "C1", sqlite_stage.add("company", name="Alfa"))
    (again,) = sqlite_stage.failed()
    assert (again.id, again.state, again.retry_at is not None) == (failed.id, "open", True)
    assert sqlite_stage.pairings()["C1"].parent_key == "G1"


def test_what_is_paired_stays_with_whom_it_is_paired(stage: Stage) -> None:
    first, second = stage.add("company", name="Alfa"), stage.add("company", name="Beta")
    add_pairing(stage, "C1", first)
    for erp_key, entity_id, words in (
        ("C1", first, "paired already"),
        ("C1", second, "C1 is paired with another record"),
        ("C2", first, "paired with C1"),
    ):
        with pytest.raises(ConflictError, match=words):
            paired(stage, erp_key, entity_id)
    assert list(stage.pairings()) == ["C1"]


def test_tombstones_of_either_side_are_lifted(stage: Stage) -> None:
    first, second = stage.add("company", name="Alfa"), stage.add("company", name="Beta")
    add_pairing(stage, "C1", second, state=PairingState.TOMBSTONE.value)
    add_pairing(stage, "C2", first, state=PairingState.TOMBSTONE.value)
    paired(stage, "C1", first)
    assert {key: pairing.entity_id for key, pairing in stage.pairings().items()} == {"C1": first}


@pytest.mark.parametrize("allows_several", [False, True])
def test_a_company_is_customer_and_supplier_only_where_the_connector_says_so(
    sqlite_stage: Stage, *, allows_several: bool
) -> None:
    sqlite_stage.declare(several_actors_per_entity=allows_several)
    company = sqlite_stage.add("company", name="Alfa")
    add_pairing(sqlite_stage, "S1", company, actor_type="Supplier")
    if allows_several:
        paired(sqlite_stage, "C1", company)
        assert len(rows(sqlite_stage, Pairing)) == 2
    else:
        with pytest.raises(ConflictError, match="S1"):
            paired(sqlite_stage, "C1", company)


def test_what_a_run_is_writing_is_not_paired_and_what_is_unclear_is_settled_by_it(sqlite_stage: Stage) -> None:
    company = sqlite_stage.add("company", name="Alfa")
    intent = add_intent(sqlite_stage, company, state=IntentState.OPEN.value)
    with pytest.raises(ConflictError, match="a run is writing it"):
        paired(sqlite_stage, "C1", company)
    with sqlite_stage.database.writing() as session:
        session.merge(intent).state = IntentState.UNCLEAR.value
    paired(sqlite_stage, "C1", company)
    assert rows(sqlite_stage, Intent) == []


@pytest.mark.parametrize(
    ("actor_type", "erp_key", "entity_id", "field"),
    [
        ("Ghost", "C1", 1, "actor_type"),
        ("Customer", "  ", 1, "erp_key"),
        ("Customer", "C" * 255, 1, "erp_key"),
        ("Customer", "C1", 4711, "entity_id"),
    ],
)
def test_both_records_have_to_be_such(
    sqlite_stage: Stage, actor_type: str, erp_key: str, entity_id: int, field: str
) -> None:
    sqlite_stage.add("company", name="Alfa")
    with pytest.raises(InvalidInputError) as caught:
        paired(sqlite_stage, erp_key, entity_id, actor_type)
    assert list(caught.value.errors) == [field]


def test_disconnecting_leaves_both_records_and_a_tombstone_that_no_run_passes(stage: Stage) -> None:
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "EMAIL": "base@alfa.example"})
    stage.run()
    pairing, company = stage.pairings()["C1"], stage.hub()[0]["id"]
    add_conflict(stage, pairing)
    add_failed(stage, "C1")
    add_failed(stage, "", direction="push", entity_type="company", entity_id=company)
    stage.edit("company", company, name="Alfa A/S")
    assert outbox(stage) == {company}
    calls = len(stage.connector_calls)
    with stage.database.writing() as session:
        disconnect(session, pairing.id, IDA)
    # the connector is never called
    assert len(stage.connector_calls) == calls
    ended = stage.pairings()["C1"]
    assert (ended.state, ended.entity_id, ended.base_erp, ended.content_hash) == ("tombstone", company, {}, None)
    assert (rows(stage, Conflict), stage.failed(), outbox(stage)) == ([], [], set())
    assert [entry.kind for entry in stage.log("disconnected")] == ["disconnected"]
    assert audited(stage) == ["pairing.disconnect"]
    stage.server.put("Customer", "C1", {"EMAIL": "new@alfa.example"})
    stage.edit("company", company, name="Alfa Holding")
    stage.run()
    assert (stage.hub()[0]["email"], states(stage)) == ("base@alfa.example", {"C1": PairingState.TOMBSTONE})
    assert stage.server.records["Customer"]["C1"].values["NAME"] == "Alfa"


def test_what_is_still_owed_to_another_actor_of_the_company_stays_owed(sqlite_stage: Stage) -> None:
    company = sqlite_stage.add("company", name="Alfa")
    pairing = add_pairing(sqlite_stage, "C1", company)
    add_pairing(sqlite_stage, "S1", company, actor_type="Supplier")
    sqlite_stage.edit("company", company, name="Alfa A/S")
    with sqlite_stage.database.writing() as session:
        disconnect(session, pairing.id, IDA)
    assert outbox(sqlite_stage) == {company}


def test_what_a_run_is_writing_is_not_disconnected(stage: Stage) -> None:
    company = stage.add("company", name="Alfa")
    pairing = add_pairing(stage, "C1", company)
    add_intent(stage, company, state=IntentState.OPEN.value, kind="save", erp_key="C1")
    with pytest.raises(ConflictError, match="a run is writing it"), stage.database.writing() as session:
        disconnect(session, pairing.id, IDA)
    assert states(stage) == {"C1": PairingState.PAIRED}


def test_a_lifted_tombstone_lets_the_policy_pair_the_two_again(stage: Stage) -> None:
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "EMAIL": "base@alfa.example"})
    stage.run()
    pairing, company = stage.pairings()["C1"], stage.hub()[0]["id"]
    with stage.database.writing() as session:
        disconnect(session, pairing.id, IDA)
    with stage.database.writing() as session:
        lift(session, pairing.id, IDA)
    assert rows(stage, Pairing) == []
    stage.run()
    assert {key: each.entity_id for key, each in stage.pairings().items()} == {"C1": company}
    assert len(stage.hub()) == 1
    assert (stage.failed(), audited(stage)) == ([], ["pairing.disconnect", "pairing.lift"])


def test_the_tombstone_of_a_deleted_record_is_lifted_too(stage: Stage) -> None:
    stage.server.put("Customer", "C1", {"NAME": "Alfa"})
    pairing = add_pairing(stage, "C1", None, state=PairingState.TOMBSTONE.value)
    stage.run()
    assert stage.hub() == []
    with stage.database.writing() as session:
        lift(session, pairing.id, IDA)
    stage.run()
    assert [record["name"] for record in stage.hub()] == ["Alfa"]


def test_only_tombstones_are_lifted_and_only_pairings_ended(sqlite_stage: Stage) -> None:
    pairing = add_pairing(sqlite_stage, "C1", sqlite_stage.add("company", name="Alfa"))
    with pytest.raises(ConflictError), sqlite_stage.database.writing() as session:
        lift(session, pairing.id, IDA)
    with sqlite_stage.database.writing() as session:
        disconnect(session, pairing.id, IDA)
    with pytest.raises(ConflictError), sqlite_stage.database.writing() as session:
        disconnect(session, pairing.id, IDA)
    with pytest.raises(NotFoundError), sqlite_stage.database.writing() as session:
        disconnect(session, 4711, IDA)
    assert rows(sqlite_stage, FailedRecord) == []
