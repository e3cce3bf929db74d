import itertools
import threading
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import delete

from erp_links.sync.models import LogEntry, Pairing, PairingState
from erp_links.sync.requesting import cancel_run
from host.crm.models import OutboxEntry
from host.crm.tables import table_of
from sync_connectors import AuthenticationError, Notice, NoticeLevel, Saved, UnavailableError
from sync_connectors.contract.answers import Actors
from tests.erp_links.sync.stage import IDA, Stage

CUSTOMER = {"NAME": "name", "EMAIL": "email", "CREDIT": "credit_limit"}


def ready(stage: Stage, count: int = 1, **how: object) -> list[int]:
    """Pair customers with companies, and return the ids of the companies."""
    stage.map("Customer", CUSTOMER, **({"two_way": list(CUSTOMER)} | how))  # type: ignore[arg-type]  # as `map` takes them
    for number in range(count):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}", "EMAIL": "a@b.example"})
    stage.run()
    stage.server.calls.clear()
    return [row["id"] for row in stage.hub()]


def erp(stage: Stage, key: str = "C0") -> dict[str, object]:
    return dict(stage.server.records["Customer"][key].values)


def test_a_change_of_the_hub_is_saved_in_the_erp_and_does_not_come_back(stage: Stage) -> None:
    (company,) = ready(stage)
    stage.edit("company", company, name="Beta", credit_limit=Decimal("10.5"))

    run = stage.run()

    assert (run.outcome, run.counts["erp_read"], run.counts["erp_changed"]) == ("success", 1, 1)
    assert (erp(stage)["NAME"], erp(stage)["CREDIT"], erp(stage)["EMAIL"]) == ("Beta", Decimal("10.5"), "a@b.example")
    assert stage.outbox() == []
    assert stage.intents() == []
    pairing = stage.pairings()["C0"]
    assert (pairing.base_erp["NAME"], pairing.base_erp["CREDIT"], pairing.base_hub) == ("Beta", "10.5", {})
    assert pairing.erp_timestamp == "2"
    changes = {entry.crm_field: entry for entry in stage.log("changed")}
    assert (changes["name"].target, changes["name"].old, changes["name"].new) == ("erp", "Alfa 0", "Beta")
    assert changes["name"].reason == "only_crm_changed"
    assert run.counts["erp_fields_changed"] == 2

    hub, logged = stage.hub(), stage.count(LogEntry)
    echo = stage.run()

    # the record comes again with the next pull and is known to be ours
    assert echo.counts == {"read": 1, "equal": 1}
    assert (stage.hub(), stage.count(LogEntry)) == (hub, logged)
    assert stage.pairings()["C0"].synced_at == pairing.synced_at


def test_a_quiet_run_asks_nothing_and_opens_no_pass_to_the_erp(sqlite_stage: Stage) -> None:
    ready(sqlite_stage)
    run = sqlite_stage.run()
    assert run.counts == {"read": 1, "equal": 1}
    assert {each.direction for each in sqlite_stage.passes()} == {"pull"}
    assert "get" not in sqlite_stage.connector_calls


def test_only_what_changed_is_sent(sqlite_stage: Stage) -> None:
    (company,) = ready(sqlite_stage)
    sent = []
    original = sqlite_stage.server.write

    def note(actor_type: str, key: str, values, parent=None):  # type: ignore[no-untyped-def]  # as the server has it
        sent.append(dict(values))
        return original(actor_type, key, values, parent)

    sqlite_stage.server.write = note  # type: ignore[method-assign]  # the server is the test's own
    sqlite_stage.edit("company", company, email="new@b.example")
    sqlite_stage.run()
    assert sent == [{"EMAIL": "new@b.example"}]


def test_a_form_that_the_erp_gives_to_a_value_is_not_written_back(stage: Stage) -> None:
    (company,) = ready(stage)
    stage.server.keep["NAME"] = str.upper
    stage.edit("company", company, name="Beta")
    stage.run()
    pairing = stage.pairings()["C0"]
    assert (pairing.base_erp["NAME"], pairing.base_hub) == ("BETA", {"name": "Beta"})

    assert stage.run().counts == {"read": 1, "equal": 1}
    assert stage.hub()[0]["name"] == "Beta"

    # and a later change of the ERP is one
    stage.server.put("Customer", "C0", {"NAME": "GAMMA"})
    assert stage.run().counts["changed"] == 1
    assert stage.hub()[0]["name"] == "GAMMA"
    assert stage.pairings()["C0"].base_hub == {}


def test_what_the_hub_changed_and_changed_back_is_settled_without_asking_the_erp(sqlite_stage: Stage) -> None:
    (company,) = ready(sqlite_stage)
    sqlite_stage.edit("company", company, name="Beta")
    sqlite_stage.edit("company", company, name="Alfa 0")
    assert sqlite_stage.outbox() == [company]
    run = sqlite_stage.run()
    assert (run.counts["erp_read"], run.counts["erp_equal"]) == (1, 1)
    assert sqlite_stage.outbox() == []
    assert not {"get", "save"} & set(sqlite_stage.connector_calls)


def test_what_both_changed_goes_to_the_one_that_ranks_higher(stage: Stage) -> None:
    (company,) = ready(stage)
    stage.rank(None, stage.link_id)
    stage.edit("company", company, name="Hub", email="hub@b.example")
    stage.server.put("Customer", "C0", {"NAME": "Erp"})

    run = stage.run()

    assert (erp(stage)["NAME"], stage.hub()[0]["name"]) == ("Hub", "Hub")
    reasons = {(entry.crm_field, entry.target): entry.reason for entry in stage.log("changed")}
    assert reasons == {("name", "erp"): "crm_ranks_higher", ("email", "erp"): "only_crm_changed"}
    assert run.counts["erp_changed"] == 1
    assert stage.run().counts == {"read": 1, "equal": 1}


def test_a_change_of_the_erp_behind_the_pull_is_merged_on_the_way_to_it(stage: Stage) -> None:
    (company,) = ready(stage)
    stage.edit("company", company, name="Hub")

    def meanwhile(point: str) -> None:
        if point == "outbox filled":
            stage.server.put("Customer", "C0", {"EMAIL": "late@b.example"})

    run = stage.run(meanwhile)

    assert (erp(stage)["NAME"], stage.hub()[0]["email"]) == ("Hub", "late@b.example")
    assert {(entry.crm_field, entry.target) for entry in stage.log("changed")} == {("name", "erp"), ("email", "crm")}
    assert (run.counts["erp_changed"], run.counts["fields_changed"]) == (1, 1)
    assert stage.run().counts == {"read": 1, "equal": 1}


def test_a_field_that_goes_to_the_erp_only_follows_the_hub(stage: Stage) -> None:
    (company,) = ready(stage, two_way=(), to_erp=["EMAIL"])
    run = stage.run_row(1)
    # the record is new in the hub, which has no e-mail: nothing of the ERP comes in by this field
    assert run.counts["created"] == 1
    stage.edit("company", company, email="hub@b.example")
    stage.run()
    assert erp(stage)["EMAIL"] == "hub@b.example"
    stage.server.put("Customer", "C0", {"EMAIL": "typed@b.example"})
    stage.run()
    assert (stage.hub()[0]["email"], erp(stage)["EMAIL"]) == ("hub@b.example", "typed@b.example")


def test_an_edit_while_its_record_is_being_saved_waits_for_the_next_run(stage: Stage) -> None:
    (company,) = ready(stage)
    stage.edit("company", company, name="Beta")

    def meanwhile(point: str) -> None:
        if point == "sent":
            stage.edit("company", company, name="Gamma")

    stage.run(meanwhile)

    assert (erp(stage)["NAME"], stage.hub()[0]["name"]) == ("Beta", "Gamma")
    assert stage.outbox() == [company]
    stage.run()
    assert (erp(stage)["NAME"], stage.hub()[0]["name"], stage.outbox()) == ("Gamma", "Gamma", [])


def test_an_edit_of_what_the_erp_changed_too_is_not_overwritten(stage: Stage) -> None:
    (company,) = ready(stage)
    stage.edit("company", company, name="Beta")

    def meanwhile(point: str) -> None:
        if point == "outbox filled":
            stage.server.put("Customer", "C0", {"EMAIL": "erp@b.example"})
        if point == "sent":
            stage.edit("company", company, email="typed@b.example")

    stage.run(meanwhile)

    assert stage.hub()[0]["email"] == "typed@b.example"
    assert stage.pairings()["C0"].base_erp["EMAIL"] == "a@b.example"
    assert stage.outbox() == [company]
    stage.rank(None, stage.link_id)
    stage.run()
    assert (erp(stage)["EMAIL"], stage.hub()[0]["email"]) == ("typed@b.example", "typed@b.example")


def test_a_record_that_is_gone_from_the_erp_is_never_made_again(stage: Stage) -> None:
    (company,) = ready(stage, push="create")
    del stage.server.records["Customer"]["C0"]
    stage.edit("company", company, name="Beta")
    run = stage.run()
    assert (run.outcome, run.counts["gone"]) == ("success", 1)
    assert stage.pairings()["C0"].state == PairingState.GONE
    assert [entry.kind for entry in stage.log("gone")] == ["gone"]
    assert stage.outbox() == []
    stage.edit("company", company, name="Gamma")
    assert stage.run().counts["erp_skipped"] == 1
    assert stage.server.records["Customer"] == {}


def test_a_warning_without_the_record_concludes_nothing(stage: Stage) -> None:
    (company,) = ready(stage)
    stage.edit("company", company, name="Beta")
    stage.server.answer["get"] = lambda *_asked: Actors((), (Notice(NoticeLevel.WARNING, "the ERP sleeps"),))
    run = stage.run()
    assert (run.outcome, run.message, run.counts["erp_waiting"]) == ("partial", "the ERP sleeps", 1)
    assert (stage.outbox(), stage.pairings()["C0"].state) == ([company], PairingState.PAIRED)
    stage.server.answer.clear()
    stage.run()
    assert erp(stage)["NAME"] == "Beta"


def test_a_record_that_the_erp_refuses_is_kept_and_the_others_go(stage: Stage) -> None:
    companies = ready(stage, 3)
    for company in companies:
        stage.edit("company", company, name=f"Beta {company}")
    stage.server.refuse["C1"] = "credit blocked"

    run = stage.run()

    assert (run.outcome, run.counts["erp_changed"], run.counts["erp_failed"]) == ("partial", 2, 1)
    (failed,) = stage.failed()
    assert (failed.direction, failed.reason, failed.message) == ("push", "rejected", "credit blocked")
    assert (failed.entity_id, failed.erp_key, failed.payload) == (companies[1], "C1", {"NAME": f"Beta {companies[1]}"})
    assert (stage.outbox(), stage.intents()) == ([], [])
    assert failed.retry_at is not None
    assert stage.run().counts == {"read": 2, "equal": 2}

    stage.server.refuse.clear()
    with stage.database.writing() as session:
        session.merge(failed).retry_at = datetime.now(UTC)
    again = stage.run()
    assert (again.outcome, again.counts["erp_changed"]) == ("success", 1)
    assert (stage.failed(), erp(stage, "C1")["NAME"]) == ([], f"Beta {companies[1]}")


def test_a_success_that_names_no_record_saved_nothing(stage: Stage) -> None:
    (company,) = ready(stage)
    stage.edit("company", company, name="Beta")
    stage.server.answer["save"] = lambda _actors: Saved()
    run = stage.run()
    assert (run.outcome, run.counts["erp_failed"]) == ("partial", 1)
    assert stage.failed()[0].reason == "rejected"
    assert "did not say that it saved" in stage.failed()[0].message
    assert stage.pairings()["C0"].base_erp["NAME"] == "Alfa 0"


def test_a_value_that_the_erp_cannot_hold_is_kept_back_and_the_rest_goes(stage: Stage) -> None:
    (company,) = ready(stage)
    stage.edit("company", company, name="x" * 61, email="new@b.example")
    run = stage.run()
    assert (run.outcome, run.counts["erp_failed"]) == ("partial", 1)
    assert (erp(stage)["NAME"], erp(stage)["EMAIL"]) == ("Alfa 0", "new@b.example")
    (failed,) = stage.failed()
    assert (failed.reason, failed.field) == ("value_refused", "NAME")
    stage.edit("company", company, name="Beta")
    assert stage.run().outcome == "success"
    assert (erp(stage)["NAME"], stage.failed()) == ("Beta", [])


def test_a_mandatory_field_is_not_emptied(sqlite_stage: Stage) -> None:
    sqlite_stage.map("Customer", {"NAME": "department", "EMAIL": "name"}, two_way=["NAME", "EMAIL"])
    sqlite_stage.server.put("Customer", "C0", {"NAME": "Alfa", "EMAIL": "Sales"})
    sqlite_stage.run()
    sqlite_stage.edit("company", sqlite_stage.hub()[0]["id"], department=None, name="Service")
    run = sqlite_stage.run()
    assert run.counts["erp_failed"] == 1
    assert (sqlite_stage.failed()[0].reason, sqlite_stage.failed()[0].field) == ("required_missing", "NAME")
    assert (erp(sqlite_stage)["NAME"], erp(sqlite_stage)["EMAIL"]) == ("Alfa", "Service")


def test_a_save_that_came_too_late_is_merged_anew(stage: Stage) -> None:
    (company,) = ready(stage)
    stage.declare(conditional_save=True)
    stage.server.conditional = True
    stage.edit("company", company, name="Beta")
    quicker = iter(["late@b.example"])

    def change() -> None:
        for email in quicker:
            stage.server.put("Customer", "C0", {"EMAIL": email})

    stage.server.before_save = change
    run = stage.run()
    assert (run.outcome, run.counts["erp_changed"], run.counts["erp_read"]) == ("success", 1, 1)
    assert stage.connector_calls.count("save") == 2
    assert (erp(stage)["NAME"], stage.hub()[0]["email"]) == ("Beta", "late@b.example")
    assert stage.intents() == []


def test_an_erp_that_is_always_quicker_keeps_the_record_on_the_outbox(sqlite_stage: Stage) -> None:
    (company,) = ready(sqlite_stage)
    server = sqlite_stage.server
    server.conditional = True

    def change() -> None:
        server.put("Customer", "C0", {"PHONE": str(server.count)})

    server.before_save = change
    sqlite_stage.edit("company", company, name="Beta")
    run = sqlite_stage.run()
    assert (run.counts["erp_waiting"], sqlite_stage.connector_calls.count("save")) == (1, 3)
    assert (sqlite_stage.outbox(), sqlite_stage.intents(), sqlite_stage.failed()) == ([company], [], [])
    server.before_save = None
    assert sqlite_stage.run().counts["erp_changed"] == 1


def test_a_question_is_asked_once_and_its_answer_carried_out(stage: Stage) -> None:
    (company,) = ready(stage, policy="ask")
    stage.edit("company", company, name="Hub")
    stage.server.put("Customer", "C0", {"NAME": "Erp"})
    first = stage.run()
    assert first.counts["conflicts"] == 1
    assert (erp(stage)["NAME"], stage.hub()[0]["name"], stage.outbox()) == ("Erp", "Hub", [])
    (asked,) = stage.conflicts()
    assert (asked.crm_field, asked.erp_value, asked.hub_value) == ("name", "Erp", "Hub")
    with stage.database.writing() as session:
        session.merge(asked).choice = "crm"
    stage.push_everything()
    stage.run()
    assert (erp(stage)["NAME"], stage.conflicts()) == ("Hub", [])
    assert stage.log("changed")[-1].reason == "chosen"


def test_an_error_that_did_nothing_leaves_nothing_open(stage: Stage) -> None:
    (company,) = ready(stage)
    stage.edit("company", company, name="Beta")
    stage.server.fail["save"] = AuthenticationError("the password has expired")
    run = stage.run()
    assert run.outcome == "failed"
    assert stage.link().paused_reason == "authentication"
    assert (stage.intents(), stage.outbox()) == ([], [company])


def test_an_erp_that_cannot_be_reached_ends_the_run_and_nothing_is_lost(stage: Stage) -> None:
    (company,) = ready(stage)
    stage.edit("company", company, name="Beta")
    stage.server.fail["get"] = UnavailableError("closed")
    run = stage.run()
    assert (run.outcome, stage.outbox()) == ("aborted", [company])
    assert [each.finished_at for each in stage.passes() if each.direction == "push"] == [None]
    stage.server.fail.clear()
    stage.run()
    assert erp(stage)["NAME"] == "Beta"
    assert {each.finished_at is not None for each in stage.passes()} == {True}


def test_more_than_one_batch_is_saved_with_one_read_and_one_save_each(sqlite_stage: Stage) -> None:
    companies = ready(sqlite_stage, 120)
    sqlite_stage.change_link(brake_percent=100)
    for company in companies:
        sqlite_stage.edit("company", company, name=f"Beta {company}")
    run = sqlite_stage.run()
    assert (run.outcome, run.counts["erp_changed"]) == ("success", 120)
    assert (sqlite_stage.connector_calls.count("get"), sqlite_stage.connector_calls.count("save")) == (3, 3)
    push = next(each for each in sqlite_stage.passes() if each.direction == "push")
    assert (push.total, push.counts["erp_changed"]) == (120, 120)
    assert sqlite_stage.run().counts == {"read": 120, "equal": 120}


def test_the_brake_stops_before_it_would_change_too_much(stage: Stage) -> None:
    companies = ready(stage, 30)
    for company in companies:
        stage.edit("company", company, name=f"Beta {company}")
    run = stage.run()
    assert (run.outcome, stage.link().paused_reason) == ("failed", "brake")
    assert len(stage.outbox()) == 30
    assert {str(record.values["NAME"])[:4] for record in stage.server.records["Customer"].values()} == {"Alfa"}
    stage.change_link(paused_reason=None, brake_lifted=True)
    assert stage.run().counts["erp_changed"] == 30
    assert not stage.link().brake_lifted


def test_a_full_push_looks_at_all_paired_records(stage: Stage) -> None:
    companies = ready(stage, 3)
    companies_table = table_of("company")
    with stage.database.writing() as session:
        # as if the changes had been made before anybody listened
        for company in companies[:2]:
            session.execute(companies_table.update().values(name="Beta").where(companies_table.c.id == company))
    stage.add("company", name="not paired")
    stage.run()
    stage.push_everything()
    run = stage.run()
    assert (run.counts["erp_read"], run.counts["erp_changed"], run.counts["erp_equal"]) == (3, 2, 1)
    assert [erp(stage, f"C{n}")["NAME"] for n in range(3)] == ["Beta", "Beta", "Alfa 2"]
    assert stage.type_row().full_push_due is None
    assert stage.passes()[-1].full_read


@pytest.mark.parametrize("point", ["outbox filled", "intents stored", "batch about to be committed"])
def test_a_cancelled_run_sends_nothing_more_and_stores_what_was_answered(stage: Stage, point: str) -> None:
    (company,) = ready(stage)
    stage.edit("company", company, name="Beta")

    def cancel(reached: str) -> None:
        if reached == "outbox filled" and point == "outbox filled":
            cancel_first(stage)
        if reached == "intents stored" and point != "outbox filled":
            cancel_first(stage)

    run = stage.run(cancel)
    assert run.outcome == "aborted"
    if point == "outbox filled":
        assert (erp(stage)["NAME"], stage.outbox(), stage.intents()) == ("Alfa 0", [company], [])
    else:
        assert (erp(stage)["NAME"], stage.outbox(), stage.intents()) == ("Beta", [], [])
        assert stage.pairings()["C0"].base_erp["NAME"] == "Beta"
    assert stage.count(Pairing) == 1


def cancel_first(stage: Stage) -> None:
    with stage.database.writing() as session:
        cancel_run(session, stage.runs()[-1].id, IDA)


def test_as_many_calls_as_the_connector_allows_are_made_at_one_time(stage: Stage) -> None:
    companies = ready(stage, 40)
    stage.change_link(brake_percent=100)
    stage.declare(maximum_parallel_calls=3, maximum_batch=5)
    under_way, highest, lock = [0], [0], threading.Lock()
    first_saves, all_lines = itertools.count(1), threading.Barrier(3, timeout=60)
    original = stage.server.arrive

    def arrive(call: str, about: str = "") -> None:
        with lock:
            under_way[0] += 1
            highest[0] = max(highest[0], under_way[0])
        original(call, about)
        if call == "save" and next(first_saves) <= 3:
            all_lines.wait()
        time.sleep(0.01)
        with lock:
            under_way[0] -= 1

    stage.server.arrive = arrive  # type: ignore[method-assign]  # the server is the test's own
    for company in companies:
        stage.edit("company", company, name=f"Beta {company}")
    run = stage.run()
    assert (run.outcome, run.counts["erp_changed"], highest[0]) == ("success", 40, 3)
    assert (stage.outbox(), stage.intents()) == ([], [])
    assert {erp(stage, f"C{n}")["NAME"] for n in range(40)} == {f"Beta {company}" for company in companies}
    assert stage.run().counts == {"read": 40, "equal": 40}


def test_a_pass_that_an_outage_left_open_is_ended_even_if_nothing_is_left_of_it(sqlite_stage: Stage) -> None:
    (company,) = ready(sqlite_stage)
    sqlite_stage.edit("company", company, name="Beta")
    sqlite_stage.server.fail["get"] = UnavailableError("closed")
    sqlite_stage.run()
    sqlite_stage.server.fail.clear()
    with sqlite_stage.database.writing() as session:
        session.execute(delete(OutboxEntry))
    assert sqlite_stage.run().counts == {"read": 1, "equal": 1}
    assert {each.finished_at is not None for each in sqlite_stage.passes()} == {True}
