"""A paired record that the hub moves below another parent is moved in the ERP too."""

import pytest

from erp_links.sync.models import Run, RunMode
from tests.erp_links.sync.conftest import Stager
from tests.erp_links.sync.evidence import held, last_log_id, run_until_quiet
from tests.erp_links.sync.stage import Stage
from tests.erp_links.sync.test_resync import resync

PERSON = {"LASTNAME": "last_name"}


def ready(stage: Stage) -> tuple[int, int, int]:
    """Two customers and a person below the first, all paired; return the ids of the companies and the person."""
    stage.map("Customer", {"NAME": "name"}, two_way=["NAME"], push="create")
    stage.map("Person", PERSON, two_way=["LASTNAME"], push="create")
    for key in ("C1", "C2"):
        stage.server.put("Customer", key, {"NAME": key})
    stage.server.put("Person", "P1", {"LASTNAME": "Berg"}, parent="C1")
    stage.run()
    one, two = (row["id"] for row in stage.hub())
    (person,) = stage.hub("person")
    assert person["company"] == one
    return one, two, person["id"]


def parent(stage: Stage) -> str | None:
    return stage.server.records["Person"]["P1"].parent


def base(stage: Stage) -> tuple[str | None, str | None]:
    pairing = stage.pairings("Person")["P1"]
    return pairing.parent_type, pairing.parent_key


def quiet(stage: Stage) -> Run:
    run = stage.run()
    assert (run.outcome, run.counts.get("changed", 0), run.counts.get("erp_changed", 0)) == ("success", 0, 0)
    return run


def test_a_moved_person_is_moved_in_the_erp_and_the_log_tells(stage: Stage) -> None:
    _one, two, person = ready(stage)
    stage.edit("person", person, company=two)
    run = stage.run()
    assert (run.outcome, run.counts["erp_changed"], run.counts["erp_fields_changed"]) == ("success", 1, 1)
    assert (parent(stage), base(stage)) == ("C2", ("Customer", "C2"))
    (told,) = stage.log("changed")
    assert (told.target, told.crm_field, told.old, told.new, told.reason) == (
        "erp",
        "company",
        "C1",
        "C2",
        "only_crm_changed",
    )
    quiet(stage)
    assert stage.hub("person")[0]["company"] == two
    assert stage.pairings("Person")["P1"].content_hash is not None


def test_values_and_parent_go_with_one_call(stage: Stage) -> None:
    _one, two, person = ready(stage)
    stage.edit("person", person, company=two, last_name="Bergh")
    stage.server.calls.clear()
    run = stage.run()
    assert stage.connector_calls.count("save") == 1
    assert (run.counts["erp_fields_changed"], parent(stage)) == (2, "C2")
    assert stage.server.records["Person"]["P1"].values["LASTNAME"] == "Bergh"


def test_an_erp_that_does_not_move_it_leaves_a_failed_record_that_says_what_to_do(stage: Stage) -> None:
    one, two, person = ready(stage)
    stage.server.moves = False
    stage.edit("person", person, company=two, last_name="Bergh")
    run = stage.run()
    assert (run.outcome, run.counts["erp_failed"]) == ("partial", 1)
    (failed,) = stage.failed()
    assert (failed.reason, failed.direction, failed.erp_key) == ("rejected", "push", "P1")
    assert "left it below C1" in failed.message
    assert "move it in the ERP" in failed.instruction
    assert base(stage) == ("Customer", "C1")
    # the value went on its way, and the hub keeps its parent
    assert stage.server.records["Person"]["P1"].values["LASTNAME"] == "Bergh"
    stage.run()
    assert stage.hub("person")[0]["company"] == two
    stage.edit("person", person, company=one)
    stage.run()
    assert stage.failed() == []


def test_a_person_below_a_company_that_is_not_paired_waits_and_follows(stage: Stage) -> None:
    _one, _two, person = ready(stage)
    stage.map("Customer", {"NAME": "name"}, two_way=["NAME"], push="ignore")
    three = stage.add("company", name="C3")
    stage.edit("person", person, company=three, last_name="Bergh")
    run = stage.run()
    assert (run.counts["erp_waiting"], parent(stage)) == (1, "C1")
    assert stage.failed()[0].reason == "waiting_for_parent"
    assert stage.server.records["Person"]["P1"].values["LASTNAME"] == "Bergh"
    stage.map("Customer", {"NAME": "name"}, two_way=["NAME"], push="create")
    stage.push_everything("Customer")
    stage.run()
    assert parent(stage) == next(key for key in stage.pairings() if key not in {"C1", "C2"})
    assert stage.failed() == []
    quiet(stage)


def test_where_both_sides_moved_it_the_erp_counts(stage: Stage) -> None:
    _one, two, person = ready(stage)
    stage.server.put("Customer", "C3", {"NAME": "C3"})
    stage.edit("person", person, company=two)
    stage.server.put("Person", "P1", {}, parent="C3")
    stage.run()
    three = stage.hub()[2]["id"]
    assert (parent(stage), stage.hub("person")[0]["company"]) == ("C3", three)
    quiet(stage)


def test_a_move_in_the_erp_between_pull_and_push_is_followed_by_the_next_pull(stage: Stage) -> None:
    one, two, person = ready(stage)
    stage.edit("person", person, last_name="Bergh")

    def move(point: str) -> None:
        if point == "outbox filled":
            stage.server.put("Person", "P1", {}, parent="C2")

    stage.run(move)
    assert (stage.hub("person")[0]["company"], base(stage)) == (one, ("Customer", "C1"))
    stage.run()
    assert (stage.hub("person")[0]["company"], base(stage)) == (two, ("Customer", "C2"))
    quiet(stage)


def test_a_parent_that_left_and_an_answer_that_was_lost_move_it_once(stage: Stage) -> None:
    _one, two, person = ready(stage)
    stage.edit("person", person, company=two)
    stage.server.lost = {"save"}
    stage.run()
    assert (len(stage.intents()), base(stage)) == (1, ("Customer", "C1"))
    stage.run()
    assert (parent(stage), base(stage), stage.intents()) == ("C2", ("Customer", "C2"), [])
    quiet(stage)
    assert stage.hub("person")[0]["company"] == two


def test_a_record_that_loses_its_parent_in_the_hub_stays_where_it_is_in_the_erp(stage: Stage) -> None:
    _one, _two, person = ready(stage)
    stage.edit("person", person, company=None)
    run = stage.run()
    assert (run.outcome, parent(stage), base(stage)) == ("success", "C1", ("Customer", "C1"))


def test_a_resync_from_the_crm_moves_it_and_one_from_the_erp_does_not(stage: Stage) -> None:
    _one, two, person = ready(stage)
    stage.edit("person", person, company=two)
    resync(stage, RunMode.RESYNC_FROM_ERP)
    assert parent(stage) == "C1"
    resync(stage, RunMode.RESYNC_FROM_CRM)
    assert (parent(stage), base(stage)) == ("C2", ("Customer", "C2"))


@pytest.mark.parametrize("abilities", [{}, {"ConditionalSave": "true"}], ids=["plain", "conditional"])
def test_over_the_wire_a_move_is_one_change_and_then_there_is_quiet(ledgers: Stager, abilities: dict[str, str]) -> None:
    stage = ledgers(abilities)
    stage.map(0, "Customer", {"NAME": ("name", "both")})
    stage.map(0, "Person", {"LASTNAME": ("last_name", "both"), "FIRSTNAME": ("first_name", "both")})
    books = stage.ledgers[0].books
    for key in ("C1", "C2"):
        books.put("Customer", key, {"NAME": key})
    books.put("Person", "P1", {"LASTNAME": "Berg"}, "C1")
    stage.run(0)
    start, mark = held(stage), last_log_id(stage)
    (person,) = stage.hub("person")
    two = next(key for key, record in stage.hub().items() if record.values["name"] == "C2")
    stage.edit("person", person, company=two)
    run_until_quiet(stage, [(0,)])
    assert books.tables["Person"]["P1"].parent == "C2"
    assert stage.hub("person")[person].values["company"] == two
    told = [entry for entry in stage.log() if entry.id > mark]
    assert [(entry.target, entry.crm_field, entry.old, entry.new) for entry in told] == [("erp", "company", "C1", "C2")]
    assert start.erps.keys() == held(stage).erps.keys()
