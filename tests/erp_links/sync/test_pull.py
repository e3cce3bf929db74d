import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import event

from erp_links.attention.pairing import pair
from erp_links.sync.models import PairingState
from sync_connectors import Actor, Notice, NoticeLevel, Page
from tests.erp_links.sync.stage import IDA, Stage
from tests.host.crm.test_bulk import statements_of

CUSTOMER = {"NAME": "name", "CUSTNO": "number", "EMAIL": "email", "CREDIT": "credit_limit", "COUNTRY": "country"}
AHEAD_SECONDS = 0.5
"""How long the first of two pages waits for the second to be looked at ahead, which it must not be."""
MATCHED = {"NAME": "name", "VATNO": "vat_number", "EMAIL": "email"}
PERSON = {"FIRSTNAME": "first_name", "LASTNAME": "last_name", "EMAIL": "email"}


def test_a_first_run_creates_what_the_erp_has_and_a_second_one_writes_nothing(stage: Stage) -> None:
    stage.map("Customer", CUSTOMER)
    for number in range(5):
        stage.server.put(
            "Customer",
            f"C{number}",
            {"NAME": f"Alfa {number}", "EMAIL": "a@b.example", "CREDIT": Decimal("10.50"), "COUNTRY": "DK"},
        )
    stage.server.page_size = 2

    first = stage.run()

    assert (first.outcome, first.counts["read"], first.counts["created"]) == ("success", 5, 5)
    companies = stage.hub()
    assert [row["name"] for row in companies] == [f"Alfa {number}" for number in range(5)]
    assert companies[0]["credit_limit"] == Decimal("10.50")
    assert (companies[0]["country"], companies[0]["number"], companies[0]["created_by"]) == ("DK", "C0", "link:1")
    pairing = stage.pairings()["C0"]
    assert pairing.base_erp == {
        "NAME": "Alfa 0",
        "CUSTNO": "C0",
        "EMAIL": "a@b.example",
        "CREDIT": "10.50",
        "COUNTRY": "DK",
    }
    assert pairing.base_hub == {}
    assert [entry.kind for entry in stage.log()] == ["created"] * 5
    assert stage.type_row().watermark == "5"

    second = stage.run()

    # the watermark is inclusive: the last record comes again and changes nothing
    assert (second.outcome, second.counts) == ("success", {"read": 1, "equal": 1})
    assert stage.hub() == companies
    assert len(stage.log()) == 5
    assert stage.pairings()["C0"].synced_at == pairing.synced_at


def test_a_change_in_the_erp_reaches_the_hub_with_old_and_new_value_and_why(stage: Stage) -> None:
    stage.map("Customer", CUSTOMER)
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "CREDIT": Decimal(10)})
    stage.server.put("Customer", "C2", {"NAME": "Beta"})
    stage.run()
    stage.server.put("Customer", "C1", {"NAME": "Alfa A/S", "CREDIT": None})

    run = stage.run()

    assert (run.counts["changed"], run.counts["equal"]) == (1, 1)
    company = stage.hub()[0]
    assert (company["name"], company["credit_limit"], company["version"]) == ("Alfa A/S", None, 2)
    assert company["updated_by"] == "link:1"
    changes = {entry.crm_field: entry for entry in stage.log("changed")}
    assert (changes["name"].old, changes["name"].new) == ("Alfa", "Alfa A/S")
    assert changes["name"].reason == "only_erp_changed"
    assert changes["credit_limit"].new is None


def test_types_of_values_arrive_as_the_hub_keeps_them(sqlite_stage: Stage) -> None:
    sqlite_stage.map("Customer", {"NAME": "name", "BLOCKED": "blocked", "SINCE": "description", "ORDERS": "code"})
    sqlite_stage.server.put(
        "Customer", "C1", {"NAME": "  Alfa ", "BLOCKED": True, "SINCE": date(2020, 2, 29), "ORDERS": 3}
    )
    sqlite_stage.run()
    company = sqlite_stage.hub()[0]
    assert (company["name"], company["blocked"]) == ("Alfa", True)
    assert (company["description"], company["code"]) == ("2020-02-29", "3")


def test_records_stay_as_they_are_where_unpaired_ones_are_ignored(sqlite_stage: Stage) -> None:
    sqlite_stage.map("Customer", CUSTOMER, unpaired="ignore")
    sqlite_stage.server.put("Customer", "C1", {"NAME": "Alfa"})
    run = sqlite_stage.run()
    assert (run.outcome, run.counts["skipped"]) == ("success", 1)
    assert sqlite_stage.hub() == []
    assert sqlite_stage.pairings() == {}


def test_persons_come_after_their_companies_and_lie_below_them(stage: Stage) -> None:
    stage.map("Person", PERSON)
    stage.map("Customer", CUSTOMER)
    stage.server.put("Person", "P1", {"FIRSTNAME": "Ida", "LASTNAME": "Berg"}, parent="C1")
    stage.server.put("Customer", "C1", {"NAME": "Alfa"})
    run = stage.run()
    assert run.counts["created"] == 2
    assert stage.hub("person")[0]["company"] == stage.hub("company")[0]["id"]
    pairing = stage.pairings("Person")["P1"]
    assert (pairing.parent_type, pairing.parent_key) == ("Customer", "C1")


def test_a_person_whose_company_moves_in_the_erp_moves_in_the_hub(sqlite_stage: Stage) -> None:
    sqlite_stage.map("Customer", CUSTOMER)
    sqlite_stage.map("Person", PERSON)
    sqlite_stage.server.put("Customer", "C1", {"NAME": "Alfa"})
    sqlite_stage.server.put("Customer", "C2", {"NAME": "Beta"})
    sqlite_stage.server.put("Person", "P1", {"LASTNAME": "Berg"}, parent="C1")
    sqlite_stage.run()
    sqlite_stage.server.put("Person", "P1", {}, parent="C2")
    sqlite_stage.run()
    assert sqlite_stage.hub("person")[0]["company"] == sqlite_stage.hub("company")[1]["id"]
    assert [(entry.crm_field, entry.reason) for entry in sqlite_stage.log("changed")] == [("company", "parent_changed")]
    assert sqlite_stage.pairings("Person")["P1"].parent_key == "C2"


def is_glance(statement: str) -> bool:
    """Whether a statement looks up pairings without their bases, as it is done ahead of a page's turn."""
    return "pairing.content_hash" in statement and "base_erp" not in statement


def test_of_what_a_link_knows_nothing_no_page_is_looked_up(stage: Stage) -> None:
    stage.map("Customer", CUSTOMER)
    for number in range(5):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})
    stage.server.page_size = 2
    with statements_of(stage.database) as first:
        assert stage.run().counts["created"] == 5
    stage.server.put("Customer", "C0", {"NAME": "Alfa A/S"})
    with statements_of(stage.database) as second:
        assert stage.run().counts["changed"] == 1
    assert not any(map(is_glance, first))
    assert any(map(is_glance, second))


def test_a_record_that_a_first_import_brings_again_ends_as_the_later_page_has_it(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name"})
    told = [("C1", "Alfa"), ("C2", "Beta"), ("C3", "Gamma"), ("C4", "Delta"), ("C5", "Eta"), ("C1", "Alfa A/S")]
    pages = [
        Page((Actor("Customer", key, {"NAME": name}, str(number)),), resume=str(number) if number < 5 else None)
        for number, (key, name) in enumerate(told)
    ]
    stage.server.answer["changes"] = lambda *_asked: iter(pages)
    run = stage.run()
    assert (run.outcome, run.counts["created"], run.counts["changed"]) == ("success", 5, 1)
    assert [row["name"] for row in stage.hub()] == ["Alfa A/S", "Beta", "Gamma", "Delta", "Eta"]


def test_a_record_that_failed_in_a_first_import_and_comes_again_leaves_no_failure(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name"})
    told = [("C1", ""), ("C2", "Beta"), ("C3", "Gamma"), ("C4", "Delta"), ("C5", "Eta"), ("C1", "Alfa")]
    pages = [
        Page((Actor("Customer", key, {"NAME": name}, str(number)),), resume=str(number) if number < 5 else None)
        for number, (key, name) in enumerate(told)
    ]
    stage.server.answer["changes"] = lambda *_asked: iter(pages)
    run = stage.run()
    assert (run.counts["failed"], run.counts["created"]) == (1, 5)
    assert stage.failed() == []


def test_what_people_pair_during_a_first_import_is_merged_and_not_paired_twice(stage: Stage) -> None:
    company = stage.add("company", name="Beta", number="C2")
    stage.map("Customer", CUSTOMER, match=["number"])
    for number in range(1, 4):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})
    stage.server.page_size = 1
    reached: list[str] = []

    def and_pair(point: str) -> None:
        if point == "page committed" and point not in reached:
            with stage.database.writing() as session:
                pair(session, session.merge(stage.link()), "Customer", "C2", company, IDA)
        reached.append(point)

    run = stage.run(and_pair)

    assert (run.outcome, run.counts["created"], run.counts["changed"]) == ("success", 2, 1)
    assert stage.failed() == []
    assert stage.pairings()["C2"].entity_id == company


def test_a_record_that_two_pages_bring_ends_as_the_later_one_has_it(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name"})
    stage.server.put("Customer", "C1", {"NAME": "Beta"})
    stage.run()
    looked_at: list[str] = []
    second_is_looked_at = threading.Event()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if threading.current_thread().name == "prefetch" and is_glance(statement):
            looked_at.append(statement)
            if len(looked_at) == 2:
                second_is_looked_at.set()

    def pages(*_asked: object) -> Iterator[Page]:
        yield Page((Actor("Customer", "C1", {"NAME": "Alfa"}, "2"),), resume="1")
        # what the hub has now, and not what it has once the page before is written
        yield Page((Actor("Customer", "C1", {"NAME": "Beta"}, "3"),), resume="2")
        yield Page((), watermark="3")

    stage.server.answer["changes"] = pages

    def reached(point: str) -> None:
        if point == "page about to be committed":
            second_is_looked_at.wait(AHEAD_SECONDS)

    event.listen(stage.database.engine, "after_cursor_execute", note)
    run = stage.run(reached)

    assert (run.outcome, run.counts["changed"]) == ("success", 2)
    assert [row["name"] for row in stage.hub()] == ["Beta"]
    assert stage.pairings()["C1"].erp_timestamp == "3"


def test_a_record_that_the_erp_delivers_again_keeps_its_new_timestamp_and_is_not_written(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name"})
    stage.server.put("Customer", "C1", {"NAME": "Alfa"})
    stage.run()
    stage.server.put("Customer", "C1", {"PHONE": "not mapped"})
    run = stage.run()
    assert run.counts == {"read": 1, "equal": 1}
    assert stage.hub()[0]["version"] == 1
    assert stage.pairings()["C1"].erp_timestamp == "2"


def test_a_full_read_that_is_due_reads_everything_and_is_then_done_with(sqlite_stage: Stage) -> None:
    sqlite_stage.map("Customer", CUSTOMER)
    for number in range(4):
        sqlite_stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})
    sqlite_stage.run()
    with sqlite_stage.database.writing() as session:
        session.merge(sqlite_stage.type_row()).full_read_due = "mapping"
    run = sqlite_stage.run()
    assert run.counts == {"read": 4, "equal": 4}
    assert sqlite_stage.passes()[-1].full_read
    assert sqlite_stage.type_row().full_read_due is None


def test_a_newly_mapped_field_is_filled_on_the_full_read_that_it_causes_by_the_higher_rank(sqlite_stage: Stage) -> None:
    sqlite_stage.map("Customer", {"NAME": "name"})
    sqlite_stage.rank(sqlite_stage.link_id, None)
    sqlite_stage.server.put("Customer", "C1", {"NAME": "Alfa", "EMAIL": "new@alfa.example"})
    sqlite_stage.server.put("Customer", "C2", {"NAME": "Beta", "EMAIL": "same@beta.example"})
    sqlite_stage.run()
    ids = [row["id"] for row in sqlite_stage.hub()]
    sqlite_stage.edit("company", ids[0], email="old@alfa.example")
    sqlite_stage.edit("company", ids[1], email="same@beta.example")
    sqlite_stage.map("Customer", {"NAME": "name", "EMAIL": "email"}, two_way=["EMAIL"])
    with sqlite_stage.database.writing() as session:
        session.merge(sqlite_stage.type_row()).full_read_due = "mapping"
    run = sqlite_stage.run()
    assert (run.counts["changed"], run.counts["equal"]) == (1, 1)
    assert [row["email"] for row in sqlite_stage.hub()] == ["new@alfa.example", "same@beta.example"]
    assert [(entry.crm_field, entry.reason) for entry in sqlite_stage.log("changed")] == [("email", "first_time")]
    assert {row.base_erp["EMAIL"] for row in sqlite_stage.pairings().values()} == {
        "new@alfa.example",
        "same@beta.example",
    }


def test_a_warning_with_nothing_concludes_nothing_and_is_told(stage: Stage) -> None:
    stage.map("Customer", CUSTOMER)
    stage.server.put("Customer", "C1", {"NAME": "Alfa"})
    stage.run()
    warned = Page((), watermark="99", notices=(Notice(NoticeLevel.WARNING, "the ERP sleeps"),))
    stage.server.answer["changes"] = lambda *_asked: iter([warned])
    run = stage.run()
    assert (run.outcome, run.message) == ("partial", "the ERP sleeps")
    assert stage.type_row().watermark == "1"
    assert stage.pairings()["C1"].state == PairingState.PAIRED
    stage.server.answer.clear()
    assert stage.run().counts == {"read": 1, "equal": 1}


def test_a_warning_beside_records_is_told_and_the_pass_completes(sqlite_stage: Stage) -> None:
    sqlite_stage.map("Customer", {"NAME": "name"})
    warned = Page(
        (Actor("Customer", "C1", {"NAME": "Alfa"}, timestamp="7"),),
        watermark="7",
        notices=(Notice(NoticeLevel.WARNING, "two customers have no number"),),
    )
    sqlite_stage.server.answer["changes"] = lambda *_asked: iter([warned])
    run = sqlite_stage.run()
    assert (run.outcome, run.message) == ("success", "two customers have no number")
    assert sqlite_stage.type_row().watermark == "7"


def test_an_absent_field_is_unchanged_and_an_empty_one_is_cleared(sqlite_stage: Stage) -> None:
    sqlite_stage.map("Customer", {"NAME": "name", "EMAIL": "email", "PHONE": "phone"})
    sqlite_stage.server.put("Customer", "C1", {"NAME": "Alfa", "EMAIL": "a@b.example", "PHONE": "1"})
    sqlite_stage.run()
    delivered = Actor("Customer", "C1", {"NAME": "Alfa", "EMAIL": ""}, timestamp="7")
    sqlite_stage.server.answer["changes"] = lambda *_asked: iter([Page((delivered,), watermark="7")])
    sqlite_stage.run()
    company = sqlite_stage.hub()[0]
    assert (company["email"], company["phone"]) == (None, "1")


def test_a_page_of_everything_is_taken_over_in_parts(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name"})
    actors = tuple(Actor("Customer", f"C{n}", {"NAME": f"Alfa {n}"}, timestamp="1") for n in range(1201))
    stage.server.answer["changes"] = lambda *_asked: iter([Page(actors, watermark="1")])
    reached: list[str] = []
    run = stage.run(reached.append)
    assert (run.outcome, run.counts["created"]) == ("success", 1201)
    assert reached.count("page committed") == 3


def test_a_run_says_when_it_was_and_when_the_next_one_is_due(sqlite_stage: Stage) -> None:
    sqlite_stage.map("Customer", CUSTOMER)
    before = datetime.now(UTC)
    run = sqlite_stage.run()
    assert run.started_at is not None
    assert run.finished_at is not None
    assert run.started_at <= run.finished_at
    due = sqlite_stage.link().next_run_at
    assert due is not None
    assert 290 < (due - before).total_seconds() < 330


def test_a_record_is_paired_with_the_one_that_matches_and_fills_it(stage: Stage) -> None:
    company_id = stage.add("company", name="ALFA", vat_number="dk123 ", email="old@alfa.example")
    stage.map("Customer", MATCHED, unpaired="pair", match=["vat_number"])
    stage.server.put("Customer", "C1", {"NAME": "Alfa A/S", "VATNO": "DK123", "EMAIL": "new@alfa.example"})
    stage.server.put("Customer", "C2", {"NAME": "Beta", "VATNO": "DK999"})
    stage.server.put("Customer", "C3", {"NAME": "Gamma"})

    run = stage.run()

    assert (run.outcome, run.counts["paired"], run.counts["skipped"]) == ("success", 1, 2)
    assert [(row["id"], row["name"], row["email"]) for row in stage.hub()] == [
        (company_id, "Alfa A/S", "new@alfa.example")
    ]
    assert stage.pairings()["C1"].entity_id == company_id
    kinds = [entry.kind for entry in stage.log()]
    assert kinds.count("paired") == 1
    changed = {entry.crm_field: (entry.old, entry.new, entry.reason) for entry in stage.log("changed")}
    assert changed["email"] == ("old@alfa.example", "new@alfa.example", "first_time")


def test_a_person_waits_for_its_company_and_follows_once_that_is_paired(stage: Stage) -> None:
    stage.map("Customer", MATCHED, unpaired="pair", match=["vat_number"])
    stage.map("Person", PERSON)
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "VATNO": "DK123"})
    stage.server.put("Person", "P1", {"LASTNAME": "Berg"}, parent="C1")

    waiting = stage.run()

    # waiting is no failure
    assert (waiting.outcome, waiting.counts["waiting"]) == ("success", 1)
    assert stage.failed()[0].reason == "waiting_for_parent"
    assert (stage.failed()[0].parent_key, stage.failed()[0].retry_at) == ("C1", None)

    company_id = stage.add("company", name="Alfa", vat_number="DK123")
    stage.server.put("Customer", "C1", {})
    stage.server.put("Customer", "C2", {"NAME": "so that the person is behind the watermark", "VATNO": "DK5"})
    run = stage.run()

    assert (run.outcome, run.counts["created"]) == ("success", 1)
    assert stage.failed() == []
    assert stage.hub("person")[0]["company"] == company_id
