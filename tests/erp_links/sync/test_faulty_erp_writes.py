"""An ERP that takes what it is sent badly: values it makes its own of, refusals, stale saves, calls that fail."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from erp_links.links.models import ErpLink
from tests.erp_links.sync.ledger_stage import LedgerStage

Stager = Callable[..., LedgerStage]

CUSTOMER = {
    "NAME": ("name", "both"),
    "CUSTNO": ("number", "to_crm"),
    "EMAIL": ("email", "both"),
    "CITY": ("postal.city", "both"),
    "CREDIT": ("credit_limit", "both"),
    "NOTE": ("description", "to_erp"),
}
PERSON = {"LASTNAME": ("last_name", "both"), "EMAIL": ("email", "both")}


def prepare(stage: LedgerStage, link: int = 0) -> list[str]:
    """Map both ways; six customers with a person each, half of them made in the ERP, half in the CRM."""
    for name, fields in (("Customer", CUSTOMER), ("Person", PERSON)):
        stage.map(link, name, fields, unpaired_pull="create", unpaired_push="create")
    books = stage.ledgers[link].books
    for number in (1, 2, 3):
        books.put("Customer", f"C{number}", {"NAME": f"Alfa {number}", "CREDIT": f"{number}.25"})
        books.put("Person", f"P{number}", {"LASTNAME": f"Berg {number}"}, parent=f"C{number}")
    for number in (4, 5, 6):
        company = stage.add("company", name=f"Alfa {number}", description=f"No. {number}", postal__city="Aarhus")
        stage.add("person", last_name=f"Berg {number}", company=company)
    return [f"C{number}" for number in range(1, 7)]


def settle(stage: LedgerStage) -> None:
    stage.run_until_quiet()
    stage.assert_equal_everywhere()
    stage.assert_none_lost_or_doubled()


def edit_hub(stage: LedgerStage, tag: str) -> None:
    for record in list(stage.hub().values()):
        stage.edit("company", record.id, postal__city=f"City {tag}", description=f"of {tag}", name=f"{tag} {record.id}")


def test_both_sides_fill_each_other(ledgers: Stager) -> None:
    stage = ledgers({})
    prepare(stage)
    settle(stage)
    assert len(stage.hub()) == len(stage.ledgers[0].books.tables["Customer"]) == 6
    assert {person.parent for person in stage.ledgers[0].books.tables["Person"].values()} == set(stage.pairings())
    edit_hub(stage, "A")
    stage.ledgers[0].books.put("Customer", "C1", {"EMAIL": "one@x.example"})
    settle(stage)


RULES: dict[str, Mapping[tuple[str, str], list[str]]] = {
    "upper case": {("Customer", "NAME"): ["upper"], ("Person", "LASTNAME"): ["upper"]},
    "cut": {("Customer", "NAME"): ["cut:4"], ("Customer", "CITY"): ["cut:3"], ("Person", "LASTNAME"): ["cut:3"]},
    "padded": {("Customer", "NAME"): ["pad:30"], ("Customer", "CITY"): ["pad:20"], ("Customer", "NOTE"): ["pad:9"]},
    "rounded": {("Customer", "CREDIT"): ["round:0"]},
    "trimmed, cut, upper case": {("Customer", "NAME"): ["trim", "cut:7", "upper"], ("Customer", "NOTE"): ["upper"]},
}


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
@pytest.mark.parametrize(
    "able", [{"ConditionalSave": "true", "ClockTimes": "true"}, pytest.param({}, marks=pytest.mark.long)], ids=str
)
def test_values_that_the_erp_makes_its_own_of_do_not_come_back(
    sqlite_ledgers: Stager, rules: Mapping[tuple[str, str], list[str]], able: dict[str, str]
) -> None:
    stage = sqlite_ledgers(able)
    stage.ledgers[0].desk.rules.update(rules)
    prepare(stage)
    settle(stage)
    edit_hub(stage, "Northern")
    for record in list(stage.hub().values()):
        stage.edit("company", record.id, credit_limit=None if record.id % 2 else 12)
    settle(stage)
    assert {record.values["postal.city"] for record in stage.hub().values()} == {"City Northern"}
    # what a user of the ERP types after that does come back
    stage.ledgers[0].books.put("Customer", "C1", {"NAME": "TYPED", "CITY": "Oslo"})
    settle(stage)
    assert stage.find("company", number="C1").values["name"] == "TYPED"


@pytest.mark.parametrize("kind", ["refuse", "swallow"])
def test_refused_records_of_a_batch_do_not_stop_the_others(sqlite_ledgers: Stager, kind: str) -> None:
    stage = sqlite_ledgers({"Batch": "4"})
    keys = prepare(stage)
    settle(stage)
    ledger = stage.ledgers[0]
    ledger.faults.on(kind, calls=["save"], tables=["Customer"], keys=keys[1:3])
    edit_hub(stage, "A")
    run = stage.run()
    assert (run.outcome, run.counts["erp_failed"], run.counts["erp_changed"]) == ("partial", 2, 4)
    assert {each.erp_key for each in stage.failed()} == set(keys[1:3])
    assert {each.key for each in stage.differences()} == set(keys[1:3])
    # they change once more while they are refused
    edit_hub(stage, "B")
    stage.let_retries_come_due()
    assert stage.run().outcome == "partial"
    ledger.faults.off()
    stage.let_retries_come_due()
    settle(stage)
    assert stage.failed() == []


def test_records_refused_on_create_are_created_when_the_erp_relents(sqlite_ledgers: Stager) -> None:
    stage = sqlite_ledgers({})
    stage.ledgers[0].faults.on("refuse", calls=["create"], keys=["Alfa 5"], text="no credit")
    prepare(stage)
    assert stage.run().outcome == "partial"
    (failed,) = [each for each in stage.failed() if each.message == "no credit"]
    assert (failed.actor_type, failed.direction) == ("Customer", "push")
    assert len(stage.pairings()) == 5
    assert len(stage.pairings(0, "Person")) == 5
    stage.ledgers[0].faults.off()
    stage.let_retries_come_due()
    settle(stage)
    assert stage.failed() == []
    assert len(stage.pairings(0, "Person")) == 6


@pytest.mark.parametrize("conditional", ["true", "false"])
def test_a_user_of_the_erp_who_is_quicker_loses_nothing(sqlite_ledgers: Stager, conditional: str) -> None:
    stage = sqlite_ledgers({"ConditionalSave": conditional})
    prepare(stage)
    settle(stage)
    stage.rank(0, "crm")
    books = stage.ledgers[0].books

    def type_meanwhile(point: str) -> None:
        if point == "intents stored":
            books.put("Customer", "C1", {"EMAIL": "typed@x.example"})
            if conditional == "true":
                books.put("Customer", "C2", {"NAME": "Typed"})

    edit_hub(stage, "A")
    run = stage.run(0, type_meanwhile)
    assert run.outcome == "success"
    settle(stage)
    assert stage.find("company", number="C1").values["email"] == "typed@x.example"
    assert stage.find("company", number="C1").values["name"].startswith("A ")
    if conditional == "true":
        # both changed the name, and the ERP ranks higher
        assert stage.find("company", number="C2").values["name"] == "Typed"


def test_a_number_with_more_zeros_behind_the_point_is_no_change_of_the_erp(sqlite_ledgers: Stager) -> None:
    stage = sqlite_ledgers({})
    prepare(stage)
    settle(stage)
    stage.rank(0, "crm")
    books = stage.ledgers[0].books
    for key, text in (("C1", "1.2500"), ("C2", "02.25"), ("C3", "3.250000")):
        books.put("Customer", key, {"EMAIL": f"{key}@x.example"}).values["CREDIT"] = text
        stage.edit("company", stage.find("company", number=key).id, credit_limit=Decimal(9))
    settle(stage)
    assert [books.value("Customer", key, "CREDIT") for key in ("C1", "C2", "C3")] == ["9.00"] * 3


TROUBLES: dict[str, tuple[str, dict[str, Any], str]] = {
    "an error": ("status", {"status": 500}, "aborted"),
    "closed": ("status", {"status": 503}, "aborted"),
    "a request to wait": ("status", {"status": 429, "retry_after": 3}, "aborted"),
    "a refused token": ("status", {"status": 401}, "failed"),
    "a line that breaks before": ("drop", {}, "aborted"),
    "a line that breaks after": ("lost", {}, "aborted"),
    "no JSON": ("garbage", {}, "aborted"),
    "a forgotten link": ("forgotten", {}, "success"),
}


@pytest.mark.parametrize(("kind", "options", "outcome"), TROUBLES.values(), ids=TROUBLES)
@pytest.mark.parametrize("call", ["save", "create", pytest.param("get", marks=pytest.mark.long)])
def test_a_call_of_the_push_that_fails_ends_the_run_and_harms_nothing(
    sqlite_ledgers: Stager, call: str, kind: str, options: dict[str, Any], outcome: str
) -> None:
    stage = sqlite_ledgers({"Batch": "2"})
    prepare(stage)
    settle(stage)
    edit_hub(stage, "A")
    stage.add("company", name="New one")
    fault = stage.ledgers[0].faults.on(kind, calls=[call], times=1, **options)
    run = stage.run()
    assert (fault.struck, run.outcome) == (1, outcome)
    with stage.database.writing() as session:
        session.execute(update(ErpLink).values(paused_reason=None))
    edit_hub(stage, "B")
    settle(stage)
    assert stage.intents() == []


@pytest.mark.parametrize("touched", [True, False])
def test_a_record_that_vanishes_while_it_is_to_be_saved_is_the_same_when_it_returns(
    sqlite_ledgers: Stager, touched: bool
) -> None:
    stage = sqlite_ledgers({"Deletions": "false"})
    prepare(stage)
    settle(stage)
    books = stage.ledgers[0].books
    books.hide("Customer", "C2")
    edit_hub(stage, "A")
    stage.run()
    edit_hub(stage, "B")
    stage.run()
    books.show("Customer", "C2", touched=touched)
    edit_hub(stage, "C")
    settle(stage)
    assert len(books.tables["Customer"]) == len(stage.hub()) == 6
    assert stage.pairings()["C2"].state == "paired"


def test_a_warning_with_nothing_does_not_leave_a_record_gone_that_is_back(sqlite_ledgers: Stager) -> None:
    stage = sqlite_ledgers({"Deletions": "false"})
    prepare(stage)
    settle(stage)
    ledger = stage.ledgers[0]
    ledger.books.hide("Customer", "C2")
    edit_hub(stage, "A")
    stage.run()
    assert stage.pairings()["C2"].state == "gone"
    ledger.books.show("Customer", "C2", touched=False)
    edit_hub(stage, "B")
    fault = ledger.faults.on("nothing", calls=["get"], skip=1, times=1)
    stage.run()
    assert fault.struck
    settle(stage)
    assert stage.pairings()["C2"].state == "paired"


def test_a_warning_with_nothing_makes_no_record_gone(sqlite_ledgers: Stager) -> None:
    stage = sqlite_ledgers({})
    prepare(stage)
    settle(stage)
    edit_hub(stage, "A")
    stage.ledgers[0].faults.on("nothing", calls=["get"], times=1)
    assert stage.run().outcome == "partial"
    assert {each.state for each in stage.pairings().values()} == {"paired"}
    settle(stage)


def test_many_records_go_in_batches_of_what_the_erp_takes(sqlite_ledgers: Stager) -> None:
    stage = sqlite_ledgers({"Batch": "7", "Parallel": "3"})
    stage.map(0, "Customer", CUSTOMER, unpaired_push="create")
    for number in range(40):
        stage.add("company", name=f"Alfa {number}")
    settle(stage)
    ledger = stage.ledgers[0]
    ledger.desk.calls.clear()
    for record in list(stage.hub().values())[:19]:  # more would be stopped by the brake
        stage.edit("company", record.id, email=f"{record.id}@x.example")
    settle(stage)
    sizes = [call.records for call in ledger.desk.calls if call.name in {"get", "save"}]
    assert max(sizes) == 7
    assert ledger.desk.most_at_once <= 3
