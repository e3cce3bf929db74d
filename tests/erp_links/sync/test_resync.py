from typing import Any

from sqlalchemy import update

from erp_links.sync.models import Run, RunMode
from tests.erp_links.sync.stage import Stage

CUSTOMER = {"NAME": "name", "EMAIL": "email", "PHONE": "phone"}


def ready(stage: Stage, count: int = 3) -> list[int]:
    """Pair customers whose values then differ on both sides, and have been settled so."""
    stage.map("Customer", CUSTOMER, two_way=["NAME", "EMAIL"])
    for number in range(count):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}", "EMAIL": "a@b.example", "PHONE": "1"})
    stage.run()
    for number in range(count):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Erp {number}", "EMAIL": None, "PHONE": "2"})
    companies = [row["id"] for row in stage.hub()]
    for number, company in enumerate(companies):
        stage.edit("company", company, name=f"Hub {number}", email="hub@b.example")
    return companies


def resync(stage: Stage, mode: RunMode, **values: Any) -> Run:
    run_id = stage.request()
    with stage.database.writing() as session:
        session.execute(update(Run).where(Run.id == run_id).values(mode=mode.value, **values))
    assert stage.work()
    return stage.run_row(run_id)


def names(stage: Stage) -> tuple[list[Any], list[Any]]:
    """Return the names in the ERP and those in the hub."""
    erp = [record.values["NAME"] for _key, record in sorted(stage.server.records["Customer"].items())]
    return erp, [row["name"] for row in stage.hub()]


def test_the_crm_wins_everywhere_it_goes_to_the_erp(stage: Stage) -> None:
    ready(stage)
    stage.server.calls.clear()
    run = resync(stage, RunMode.RESYNC_FROM_CRM)
    assert (run.outcome, run.counts["erp_read"], run.counts["erp_changed"]) == ("success", 3, 3)
    assert names(stage) == ([f"Hub {n}" for n in range(3)], [f"Hub {n}" for n in range(3)])
    record = stage.server.records["Customer"]["C0"].values
    assert record["EMAIL"] == "hub@b.example"
    # a field that comes from the ERP only is none of its business
    assert (record["PHONE"], stage.hub()[0]["phone"]) == ("2", "1")
    assert "changes" not in stage.connector_calls
    assert {(entry.target, entry.reason) for entry in stage.log("changed")} == {("erp", "resync")}
    (done,) = (each for each in stage.passes() if each.direction == "resync")
    assert (done.total, done.finished_at is not None) == (3, True)
    # what the pull behind it brings is the telephone only
    stage.run()
    assert names(stage)[0] == [f"Hub {n}" for n in range(3)]
    assert stage.hub()[0]["phone"] == "2"
    assert stage.outbox() == []


def test_the_erp_wins_everywhere_it_goes_to_the_crm(stage: Stage) -> None:
    ready(stage)
    run = resync(stage, RunMode.RESYNC_FROM_ERP)
    assert (run.outcome, run.counts["read"], run.counts["changed"]) == ("success", 3, 3)
    assert names(stage) == ([f"Erp {n}" for n in range(3)], [f"Erp {n}" for n in range(3)])
    assert (stage.hub()[0]["email"], stage.hub()[0]["phone"]) == (None, "2")
    assert {(entry.target, entry.reason) for entry in stage.log("changed")} == {("crm", "resync")}
    assert "save" not in stage.connector_calls
    quiet = stage.run()
    assert (quiet.counts.get("changed", 0), quiet.counts.get("erp_changed", 0)) == (0, 0)
    assert names(stage) == ([f"Erp {n}" for n in range(3)], [f"Erp {n}" for n in range(3)])


def test_blanks_may_be_kept_from_overwriting(stage: Stage) -> None:
    companies = ready(stage)
    resync(stage, RunMode.RESYNC_FROM_ERP, keep_blanks=True)
    assert (stage.hub()[0]["name"], stage.hub()[0]["email"]) == ("Erp 0", "hub@b.example")
    stage.edit("company", companies[0], email=None, name="Hub 0")
    stage.server.put("Customer", "C0", {"EMAIL": "erp@b.example"})
    resync(stage, RunMode.RESYNC_FROM_CRM, keep_blanks=True)
    record = stage.server.records["Customer"]["C0"].values
    assert (record["NAME"], record["EMAIL"]) == ("Hub 0", "erp@b.example")


def test_chosen_pairings_only(stage: Stage) -> None:
    ready(stage)
    run = resync(stage, RunMode.RESYNC_FROM_CRM, scope=[stage.pairings()["C1"].id])
    assert run.counts["erp_changed"] == 1
    assert names(stage)[0] == ["Erp 0", "Hub 1", "Erp 2"]


def test_a_resync_of_much_goes_in_batches_and_the_brake_does_not_stop_it(sqlite_stage: Stage) -> None:
    ready(sqlite_stage, 120)
    sqlite_stage.server.calls.clear()
    run = resync(sqlite_stage, RunMode.RESYNC_FROM_CRM)
    assert (run.outcome, run.counts["erp_changed"]) == ("success", 120)
    assert (sqlite_stage.connector_calls.count("get"), sqlite_stage.connector_calls.count("save")) == (3, 3)


def test_a_record_that_is_gone_and_one_that_is_refused_do_not_stop_a_resync(stage: Stage) -> None:
    ready(stage)
    del stage.server.records["Customer"]["C0"]
    stage.server.refuse["C1"] = "locked"
    run = resync(stage, RunMode.RESYNC_FROM_CRM)
    assert (run.outcome, run.counts["gone"], run.counts["erp_failed"], run.counts["erp_changed"]) == (
        "partial",
        1,
        1,
        1,
    )
    assert {pairing.erp_key: pairing.state for pairing in stage.pairings().values()}["C0"] == "gone"
    assert (stage.failed()[0].reason, stage.failed()[0].direction) == ("rejected", "push")


def test_a_resync_changes_nothing_where_both_sides_are_equal(sqlite_stage: Stage) -> None:
    sqlite_stage.map("Customer", CUSTOMER, two_way=["NAME", "EMAIL"])
    sqlite_stage.server.put("Customer", "C0", {"NAME": "Alfa"})
    sqlite_stage.run()
    pairing = sqlite_stage.pairings()["C0"]
    assert resync(sqlite_stage, RunMode.RESYNC_FROM_CRM).counts == {"erp_read": 1, "erp_equal": 1}
    assert resync(sqlite_stage, RunMode.RESYNC_FROM_ERP).counts == {"read": 1, "equal": 1}
    assert sqlite_stage.pairings()["C0"].synced_at == pairing.synced_at
    assert sqlite_stage.log("changed") == []
