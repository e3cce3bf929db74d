"""A worker dies at each named point on the way to the ERP; the next one ends where an undisturbed one would."""

from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import update

from erp_links.sync.models import Run, RunMode
from tests.erp_links.sync.ledger_stage import LedgerStage

Stager = Callable[..., LedgerStage]

CUSTOMER = {"NAME": ("name", "both"), "CUSTNO": ("number", "to_crm"), "EMAIL": ("email", "both")}

# point → what it leaves is told in docs/sync.md
POINTS = (
    "intents settled",
    "outbox filled",
    "intents stored",
    "sent",
    "batch about to be committed",
    "batch committed",
    "outbox emptied",
    "resync opened",
    "resync completed",
)
ONCE = [each for each in POINTS if not each.startswith("resync") and each != "intents settled"]


def fill(stage: LedgerStage) -> None:
    """Pair four companies and change them, and make three that the ERP does not have."""
    stage.map(0, "Customer", CUSTOMER, unpaired_push="create")
    for number in range(4):
        stage.ledgers[0].books.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})
    stage.run_until_quiet()
    for number, company in enumerate(stage.hub()):
        stage.edit("company", company, name=f"Beta {number}")
    for number in range(3):
        stage.add("company", name=f"Gamma {number}")


def assert_as_undisturbed(stage: LedgerStage) -> None:
    stage.run_until_quiet()
    wanted = dict.fromkeys([*(f"Beta {n}" for n in range(4)), *(f"Gamma {n}" for n in range(3))], 1)
    assert Counter(stage.ledgers[0].names("Customer", "NAME")) == wanted
    assert Counter(record.values["name"] for record in stage.hub().values()) == wanted
    assert (stage.intents(), stage.failed(), len(stage.pairings())) == ([], [], 7)
    assert {each.finished_at is not None for each in stage.passes()} == {True}
    stage.assert_equal_everywhere()
    # each overwritten value and each new record is in the log once, however often a worker died
    changed = Counter(entry.erp_key for entry in stage.log("changed") if entry.target == "erp")
    assert (len(changed), set(changed.values())) == (4, {1})
    assert Counter(entry.target for entry in stage.log("created")) == {"crm": 4, "erp": 3}


# that it dies at the first one, `test_crash_points` shows for changes and for creates
@pytest.mark.parametrize("time", [pytest.param(1, marks=pytest.mark.long), 3])
@pytest.mark.parametrize("point", ONCE)
def test_a_worker_that_dies_on_the_way_to_the_erp_loses_and_doubles_nothing(
    ledgers: Stager, point: str, time: int
) -> None:
    stage = ledgers({"Reference": "true", "Batch": "2"})
    fill(stage)
    stage.request()
    died = stage.die_at(point, time)
    assert died or time > 1
    stage.let_leases_expire()
    if died:
        assert stage.work()
    assert_as_undisturbed(stage)


def test_a_worker_that_dies_after_it_found_out_what_became_of_calls(ledgers: Stager) -> None:
    stage = ledgers({"Reference": "true", "Batch": "2"})
    fill(stage)
    stage.request()
    assert stage.die_at("sent", 2)
    stage.let_leases_expire()
    assert stage.die_at("intents settled")
    stage.let_leases_expire()
    assert stage.work()
    assert_as_undisturbed(stage)


def test_workers_that_die_again_and_again_come_to_an_end(ledgers: Stager) -> None:
    stage = ledgers({"Reference": "true", "Batch": "2"})
    fill(stage)
    stage.request()
    for point in ("intents stored", "sent", "batch about to be committed", "sent", "sent"):
        stage.die_at(point)
        stage.let_leases_expire()
    stage.work()
    assert_as_undisturbed(stage)


@pytest.mark.parametrize("mode", [RunMode.RESYNC_FROM_CRM, RunMode.RESYNC_FROM_ERP])
@pytest.mark.parametrize("point", ["resync opened", "batch committed", "resync completed"])
def test_a_resync_whose_worker_dies_goes_on_behind_the_last_batch(ledgers: Stager, point: str, mode: RunMode) -> None:
    stage = ledgers({"Batch": "2"})
    stage.map(0, "Customer", CUSTOMER)
    for number in range(6):
        stage.ledgers[0].books.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})
    stage.run_until_quiet()
    for number, company in enumerate(stage.hub()):
        stage.edit("company", company, name=f"Hub {number}")
        stage.ledgers[0].books.put("Customer", f"C{number}", {"NAME": f"Erp {number}"})
    run_id = stage.request()
    with stage.database.writing() as session:
        session.execute(update(Run).where(Run.id == run_id).values(mode=mode.value))
    before = stage.ledgers[0].desk.counts()["get"]

    assert stage.die_at(point)
    stage.let_leases_expire()
    assert stage.work()

    winner = "Hub" if mode is RunMode.RESYNC_FROM_CRM else "Erp"
    assert sorted(stage.ledgers[0].names("Customer", "NAME")) == [f"{winner} {n}" for n in range(6)]
    assert sorted(str(record.values["name"]) for record in stage.hub().values()) == [f"{winner} {n}" for n in range(6)]
    # the batch that was stored is not looked at again; of the two that may have been under way it is asked whether they
    # were saved, and then for what they are
    assert stage.ledgers[0].desk.counts()["get"] - before <= 3 + 2 * 2
    stage.run_until_quiet()
    stage.assert_equal_everywhere()
