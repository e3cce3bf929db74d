from decimal import Decimal

import pytest

from erp_links.sync.models import IntentState, LogEntry, PairingState
from host.crm.values import CrmValue
from sync_connectors import Notice, NoticeLevel, UnavailableError
from sync_connectors.contract.answers import Actors
from tests.erp_links.sync.stage import Stage

CUSTOMER = {"NAME": "name", "CUSTNO": "number", "VATNO": "vat_number", "EMAIL": "email", "CREDIT": "credit_limit"}
TWO_WAY = ["NAME", "VATNO", "EMAIL", "CREDIT"]
PERSON = {"FIRSTNAME": "first_name", "LASTNAME": "last_name"}


def ready(stage: Stage, push: str = "create", **how: object) -> None:
    settings = {"two_way": TWO_WAY, "match": ["vat_number"], "unpaired": "create"} | how
    stage.map("Customer", CUSTOMER, push=push, **settings)  # type: ignore[arg-type]  # as `map` takes them


def company(stage: Stage, name: str, vat: str | None = None, **values: CrmValue) -> int:
    return stage.add("company", name=name, vat_number=vat, **values)


def customers(stage: Stage) -> dict[str, dict[str, object]]:
    return {key: dict(record.values) for key, record in stage.server.records["Customer"].items()}


def test_a_new_company_becomes_a_customer_and_gets_its_number(stage: Stage) -> None:
    ready(stage)
    made = company(stage, "Alfa", "DK1", credit_limit=Decimal("10.5"))

    run = stage.run()

    assert (run.outcome, run.counts["erp_created"], run.counts["erp_read"]) == ("success", 1, 1)
    ((key, values),) = customers(stage).items()
    assert (values["NAME"], values["VATNO"], values["CREDIT"]) == ("Alfa", "DK1", Decimal("10.5"))
    assert "EMAIL" not in values
    assert values["OURREF"] == f"tieline:7f9d5c4e:company:{made}"
    (pairing,) = stage.pairings().values()
    assert (pairing.erp_key, pairing.entity_id, pairing.state) == (key, made, PairingState.PAIRED)
    # the number that the ERP gave is taken over at once
    assert stage.hub()[0]["number"] == key
    (created,) = stage.log("created")
    # what was sent is what the record has
    assert (created.target, created.erp_key, created.entity_id, created.new) == ("erp", key, made, None)
    assert (stage.intents(), stage.outbox()) == ([], [])

    logged, hub = stage.count(LogEntry), stage.hub()
    assert stage.run().counts == {"read": 1, "equal": 1}
    assert (stage.count(LogEntry), stage.hub(), len(customers(stage))) == (logged, hub, 1)


def test_what_the_erp_makes_of_the_values_of_a_new_record_is_not_written_back(stage: Stage) -> None:
    ready(stage)
    stage.server.keep["NAME"] = str.upper
    company(stage, "Alfa", "DK1")
    stage.run()
    assert stage.run().counts == {"read": 1, "equal": 1}
    assert stage.hub()[0]["name"] == "Alfa"
    assert next(iter(stage.pairings().values())).base_hub == {"name": "Alfa"}


def test_a_value_that_the_erp_begins_with_is_left_to_it_where_the_hub_has_none(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name", "PHONE": "phone"}, two_way=["NAME"], to_erp=["PHONE"], push="create")
    original = stage.server.write

    def write(actor_type, key, values, parent=None):  # type: ignore[no-untyped-def]  # as the server has it
        return original(actor_type, key, {"PHONE": "112", **values}, parent)

    stage.server.write = write  # type: ignore[method-assign]  # the server is the test's own
    company(stage, "Alfa")
    stage.run()
    stage.server.write = original  # type: ignore[method-assign]  # put back
    assert stage.run().outcome == "success"
    stage.push_everything()
    stage.run()
    assert next(iter(customers(stage).values()))["PHONE"] == "112"


def test_records_without_a_pairing_are_left_alone_unless_asked_for(sqlite_stage: Stage) -> None:
    ready(sqlite_stage, "ignore")
    company(sqlite_stage, "Alfa", "DK1")
    run = sqlite_stage.run()
    assert (run.counts["erp_skipped"], customers(sqlite_stage), sqlite_stage.outbox()) == (1, {}, [])


def test_a_company_is_paired_with_the_customer_that_matches(stage: Stage) -> None:
    ready(stage, "pair", unpaired="ignore")
    stage.rank(stage.link_id, None)
    stage.server.put("Customer", "C1", {"NAME": "Alfa A/S", "VATNO": "dk1"})
    stage.server.put("Customer", "C2", {"NAME": "Beta", "VATNO": "DK12"})
    first, second = company(stage, "Alfa", "DK1", email="hub@alfa.example"), company(stage, "Gamma", "DK9")

    run = stage.run()

    assert (run.outcome, run.counts["erp_paired"], run.counts["erp_skipped"]) == ("success", 1, 1)
    assert stage.pairings()["C1"].entity_id == first
    # without a base the ERP fills the hub, and the hub what is empty in the ERP
    assert (stage.hub()[0]["name"], stage.hub()[0]["number"]) == ("Alfa A/S", "C1")
    assert customers(stage)["C1"]["EMAIL"] == "hub@alfa.example"
    assert [entry.kind for entry in stage.log("paired")] == ["paired"]
    assert len(customers(stage)) == 2
    assert stage.hub()[1]["id"] == second
    assert stage.outbox() == []
    assert stage.run().counts.get("changed", 0) == 0


def test_create_pairs_first(sqlite_stage: Stage) -> None:
    ready(sqlite_stage, unpaired="ignore")
    sqlite_stage.server.put("Customer", "C1", {"NAME": "Alfa", "VATNO": "DK1"})
    company(sqlite_stage, "Alfa", "DK1")
    company(sqlite_stage, "Beta", "DK2")
    run = sqlite_stage.run()
    assert (run.counts["erp_paired"], run.counts["erp_created"]) == (1, 1)
    assert len(customers(sqlite_stage)) == 2


def test_several_matches_in_the_erp_are_listed_and_none_is_guessed(stage: Stage) -> None:
    ready(stage, unpaired="ignore")
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "VATNO": "DK1"})
    stage.server.put("Customer", "C2", {"NAME": "Alfa II", "VATNO": "DK1"})
    made = company(stage, "Alfa", "DK1")
    run = stage.run()
    assert (run.outcome, run.counts["erp_failed"]) == ("partial", 1)
    (failed,) = stage.failed()
    assert (failed.reason, failed.direction, failed.entity_id, failed.erp_key) == ("ambiguous_match", "push", made, "")
    assert failed.payload == {"candidates": [{"key": "C1", "label": "Alfa"}, {"key": "C2", "label": "Alfa II"}]}
    assert (stage.pairings(), len(customers(stage))) == ({}, 2)


def test_two_companies_that_match_each_other_are_not_created(stage: Stage) -> None:
    ready(stage)
    company(stage, "Alfa", "DK1")
    company(stage, "Alfa again", "dk1")
    run = stage.run()
    assert (run.counts["erp_failed"], customers(stage)) == (2, {})
    assert {failed.reason for failed in stage.failed()} == {"ambiguous_match"}


def test_a_match_that_is_paired_already_is_told(sqlite_stage: Stage) -> None:
    ready(sqlite_stage)
    sqlite_stage.server.put("Customer", "C1", {"NAME": "Alfa", "VATNO": "DK1"})
    sqlite_stage.run()
    company(sqlite_stage, "Other", "DK1")
    run = sqlite_stage.run()
    assert (run.counts["erp_failed"], sqlite_stage.failed()[0].reason) == (1, "already_paired")
    assert len(customers(sqlite_stage)) == 1


def test_a_tombstone_is_never_made_again(stage: Stage) -> None:
    ready(stage)
    made = company(stage, "Alfa", "DK1")
    stage.run()
    with stage.database.writing() as session:
        pairing = session.merge(next(iter(stage.pairings().values())))
        pairing.state, pairing.base_erp, pairing.base_hub = PairingState.TOMBSTONE.value, {}, {}
    stage.edit("company", made, name="Beta")
    run = stage.run()
    assert (run.counts["erp_skipped"], len(customers(stage)), stage.outbox()) == (1, 1, [])


def test_a_record_that_the_erp_would_not_take_is_kept_with_the_reason(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "department", "EMAIL": "name"}, two_way=["NAME", "EMAIL"], push="create")
    company(stage, "Alfa")
    stage.add("company", name="Beta", department="refused")
    stage.server.refuse["refused"] = "we do not deal with them"
    run = stage.run()
    assert (run.outcome, run.counts["erp_failed"], customers(stage)) == ("partial", 2, {})
    missing, refused = stage.failed()
    assert (missing.reason, missing.field) == ("required_missing", "NAME")
    assert (refused.reason, refused.message) == ("rejected", "we do not deal with them")
    assert (stage.intents(), stage.outbox()) == ([], [])


def test_a_person_is_created_below_its_company_and_waits_for_it(stage: Stage) -> None:
    ready(stage, "ignore")
    stage.map("Person", PERSON, two_way=list(PERSON), push="create")
    made = company(stage, "Alfa", "DK1")
    stage.add("person", first_name="Ida", last_name="Berg", company=made)

    waiting = stage.run()

    assert (waiting.outcome, waiting.counts["erp_waiting"]) == ("success", 1)
    assert (stage.failed()[0].reason, stage.failed()[0].retry_at) == ("waiting_for_parent", None)
    # it goes on waiting without any further call
    stage.server.calls.clear()
    assert stage.run().counts == {}
    assert "create" not in stage.connector_calls

    ready(stage)
    stage.edit("company", made, name="Alfa A/S")
    run = stage.run()

    assert (run.outcome, run.counts["erp_created"]) == ("success", 2)
    assert stage.failed() == []
    (person,) = stage.server.records["Person"].values()
    assert (person.values["LASTNAME"], person.parent) == ("Berg", next(iter(customers(stage))))
    (pairing,) = stage.pairings("Person").values()
    assert (pairing.parent_type, pairing.parent_key) == ("Customer", person.parent)
    assert stage.run().counts == {"read": 2, "equal": 2}


def test_creates_stop_when_the_erp_is_closed_and_go_on_later(stage: Stage) -> None:
    ready(stage)
    for number in range(5):
        company(stage, f"Alfa {number}", f"DK{number}")
    original = stage.server.arrive
    made = iter(range(2))

    def arrive(call: str, about: str = "") -> None:
        original(call, about)
        if call == "create" and next(made, None) is None:
            raise UnavailableError("closed", unsent=True)

    stage.server.arrive = arrive  # type: ignore[method-assign]  # the server is the test's own
    run = stage.run()
    assert (run.outcome, run.counts["erp_created"], len(customers(stage))) == ("aborted", 2, 2)
    # what was done is stored, and of the others it is known that they were not made
    assert (len(stage.pairings()), stage.intents(), len(stage.outbox())) == (2, [], 5)
    stage.server.arrive = original  # type: ignore[method-assign]  # put back
    again = stage.run()
    assert (again.outcome, again.counts["erp_created"]) == ("success", 3)
    assert (len(customers(stage)), len(stage.pairings()), stage.outbox()) == (5, 5, [])


def test_a_create_whose_answer_is_lost_is_found_by_our_reference(stage: Stage) -> None:
    ready(stage, match=())
    made = company(stage, "Alfa")
    stage.server.lost.add("create")

    lost = stage.run()

    assert (lost.outcome, len(customers(stage)), stage.pairings()) == ("aborted", 1, {})
    (intent,) = stage.intents()
    assert (intent.kind, intent.entity_id, intent.erp_values["NAME"]) == ("create", made, "Alfa")

    run = stage.run()

    assert (run.outcome, run.counts["erp_created"]) == ("success", 1)
    assert (len(customers(stage)), stage.intents(), stage.outbox()) == (1, [], [])
    (pairing,) = stage.pairings().values()
    assert pairing.entity_id == made
    assert [entry.kind for entry in stage.log("created")] == ["created"]
    assert len(stage.hub()) == 1
    assert stage.hub()[0]["number"] == pairing.erp_key
    assert stage.run().counts == {"read": 1, "equal": 1}


def test_a_create_that_never_arrived_is_sent_again(stage: Stage) -> None:
    ready(stage)
    company(stage, "Alfa", "DK1")
    stage.server.fail_once["create"] = UnavailableError("timed out")
    assert stage.run().outcome == "aborted"
    assert len(stage.intents()) == 1
    run = stage.run()
    assert (run.outcome, run.counts["erp_created"], len(customers(stage))) == ("success", 1, 1)
    assert stage.intents() == []


def test_without_a_reference_a_create_is_found_by_its_match_fields(stage: Stage) -> None:
    stage.declare(reference_field="")
    ready(stage)
    company(stage, "Alfa", "DK1")
    stage.server.lost.add("create")
    stage.run()
    run = stage.run()
    assert (run.outcome, run.counts["erp_created"], len(customers(stage))) == ("success", 1, 1)
    assert (stage.intents(), len(stage.pairings())) == ([], 1)


@pytest.mark.parametrize("arrived", [True, False])
def test_what_cannot_be_found_out_is_left_to_a_person_and_never_sent_again(stage: Stage, arrived: bool) -> None:
    stage.declare(reference_field="")
    ready(stage, match=(), unpaired="ignore")
    made = company(stage, "Alfa")
    if arrived:
        stage.server.lost.add("create")
    else:
        stage.server.fail_once["create"] = UnavailableError("timed out")
    stage.run()

    run = stage.run()

    assert (run.outcome, run.counts["erp_unclear"]) == ("partial", 1)
    (intent,) = stage.intents()
    assert (intent.state, intent.message != "") == (IntentState.UNCLEAR, True)
    assert (stage.outbox(), len(customers(stage))) == ([], int(arrived))
    stage.edit("company", made, name="Beta")
    later = stage.run()
    assert (later.outcome, later.counts["erp_skipped"]) == ("success", 1)
    assert (len(customers(stage)), len(stage.intents())) == (int(arrived), 1)


def test_a_look_up_that_fails_leaves_everything_open(stage: Stage) -> None:
    ready(stage, match=())
    company(stage, "Alfa")
    stage.server.lost.add("create")
    stage.run()
    stage.server.fail["search"] = UnavailableError("closed")
    run = stage.run()
    assert (run.outcome, len(stage.intents())) == ("aborted", 1)
    assert "changes" not in stage.connector_calls[-2:]
    stage.server.fail.clear()
    stage.server.answer["search"] = lambda *_asked: Actors((), (Notice(NoticeLevel.WARNING, "no index"),))
    assert stage.run().outcome == "partial"
    assert stage.intents()[0].state == IntentState.OPEN
    stage.server.answer.clear()
    assert stage.run().outcome == "success"
    assert (len(customers(stage)), stage.intents()) == (1, [])


def test_a_save_whose_answer_is_lost_is_ours_and_no_edit_of_a_user(stage: Stage) -> None:
    ready(stage)
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "VATNO": "DK1"})
    stage.run()
    stage.server.keep["NAME"] = str.upper
    stage.server.lost.add("save")
    stage.edit("company", stage.hub()[0]["id"], name="Beta")
    lost = stage.run()
    assert (lost.outcome, customers(stage)["C1"]["NAME"], len(stage.intents())) == ("aborted", "BETA", 1)

    run = stage.run()

    assert (run.outcome, run.counts["erp_changed"]) == ("success", 1)
    assert (stage.hub()[0]["name"], stage.intents(), stage.outbox()) == ("Beta", [], [])
    changed = [(entry.target, entry.old, entry.new) for entry in stage.log("changed")]
    assert changed == [("erp", "Alfa", "Beta")]
    assert stage.run().counts == {"read": 1, "equal": 1}


def test_a_save_that_never_arrived_is_sent_again(stage: Stage) -> None:
    ready(stage)
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "VATNO": "DK1"})
    stage.run()
    stage.edit("company", stage.hub()[0]["id"], name="Beta")
    stage.server.fail_once["save"] = UnavailableError("timed out")
    stage.run()
    run = stage.run()
    assert (run.counts["erp_changed"], customers(stage)["C1"]["NAME"], stage.intents()) == (1, "Beta", [])


def test_an_edit_of_the_erp_after_a_lost_save_is_an_edit(stage: Stage) -> None:
    ready(stage)
    stage.rank(stage.link_id, None)
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "VATNO": "DK1"})
    stage.run()
    stage.edit("company", stage.hub()[0]["id"], name="Beta")
    stage.server.lost.add("save")
    stage.run()
    stage.server.put("Customer", "C1", {"NAME": "Gamma"})
    stage.run()
    assert (stage.hub()[0]["name"], customers(stage)["C1"]["NAME"]) == ("Gamma", "Gamma")


@pytest.mark.parametrize("arrived", [True, False])
def test_a_record_deleted_before_its_create_was_settled_does_not_come_back(stage: Stage, arrived: bool) -> None:
    ready(stage)
    made = company(stage, "Alfa", "DK1")
    if arrived:
        stage.server.lost.add("create")
    else:
        stage.server.fail_once["create"] = UnavailableError("timed out")
    stage.run()
    stage.delete("company", made)
    run = stage.run()
    assert (run.outcome, stage.hub(), stage.intents()) == ("success", [], [])
    assert len(customers(stage)) == int(arrived)
    assert [pairing.state for pairing in stage.pairings().values()] == ["tombstone"] * int(arrived)
