import pytest

from erp_links.sync.models import PairingState
from tests.erp_links.sync.stage import Stage

CUSTOMER = {"NAME": "name", "CUSTNO": "number", "VATNO": "vat_number", "EMAIL": "email"}
PERSON = {"FIRSTNAME": "first_name", "LASTNAME": "last_name", "EMAIL": "email"}


@pytest.fixture
def stage(sqlite_stage: Stage) -> Stage:
    """SQLite only: what is decided here hangs on no database."""
    return sqlite_stage


def test_a_record_without_a_match_is_created_where_the_policy_creates(stage: Stage) -> None:
    company_id = stage.add("company", name="Alfa", number="C1")
    stage.map("Customer", CUSTOMER, unpaired="create", match=["number"])
    stage.server.put("Customer", "C1", {"NAME": "Alfa"})
    stage.server.put("Customer", "C2", {"NAME": "Beta"})
    run = stage.run()
    assert (run.counts["paired"], run.counts["created"]) == (1, 1)
    assert stage.pairings()["C1"].entity_id == company_id
    assert len(stage.hub()) == 2


def test_an_ambiguous_match_is_never_guessed_and_becomes_a_failed_record(stage: Stage) -> None:
    for name in ("Alfa", "Alfa Holding"):
        stage.add("company", name=name, vat_number="DK123")
    stage.map("Customer", CUSTOMER, unpaired="create", match=["vat_number"])
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "VATNO": "DK123"})

    run = stage.run()

    assert (run.outcome, run.counts["failed"]) == ("partial", 1)
    assert len(stage.hub()) == 2
    assert stage.pairings() == {}
    failed = stage.failed()[0]
    assert (failed.reason, failed.label, failed.erp_key, failed.state) == ("ambiguous_match", "Alfa", "C1", "open")
    assert failed.message == "2 records of the CRM have the same VAT number"
    assert failed.payload["VATNO"] == "DK123"


def test_two_records_of_the_erp_that_match_the_same_one_are_both_left_alone(stage: Stage) -> None:
    stage.add("company", name="Alfa", vat_number="DK123")
    stage.map("Customer", CUSTOMER, unpaired="pair", match=["vat_number"])
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "VATNO": "DK123"})
    stage.server.put("Customer", "C2", {"NAME": "Alfa again", "VATNO": "dk123"})
    run = stage.run()
    assert run.counts["failed"] == 2
    assert stage.pairings() == {}
    assert {failed.reason for failed in stage.failed()} == {"ambiguous_match"}


def test_a_second_record_that_matches_a_paired_one_says_with_which(stage: Stage) -> None:
    stage.map("Customer", CUSTOMER, unpaired="create", match=["vat_number"])
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "VATNO": "DK123"})
    stage.run()
    stage.server.put("Customer", "C2", {"NAME": "Alfa again", "VATNO": "DK123"})
    run = stage.run()
    assert run.outcome == "partial"
    failed = stage.failed()[0]
    assert (failed.reason, failed.message) == ("already_paired", "the matching record is already paired with C1")
    assert len(stage.hub()) == 1


def test_a_failed_record_disappears_when_the_cause_is_gone(stage: Stage) -> None:
    first = stage.add("company", name="Alfa", vat_number="DK123")
    second = stage.add("company", name="Alfa Holding", vat_number="DK123")
    stage.map("Customer", CUSTOMER, unpaired="pair", match=["vat_number"])
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "VATNO": "DK123"})
    stage.run()
    stage.edit("company", second, vat_number="DK124")
    with stage.database.writing() as session:
        session.merge(stage.failed()[0]).retry_at = stage.failed()[0].last_failed_at
    run = stage.run()
    assert run.outcome == "success"
    assert stage.failed() == []
    assert stage.pairings()["C1"].entity_id == first


def test_a_failed_record_that_the_erp_no_longer_has_is_forgotten(stage: Stage) -> None:
    stage.map("Customer", {"EMAIL": "email"})
    stage.server.put("Customer", "C1", {"EMAIL": "a@b.example"})
    assert stage.run().outcome == "partial"
    assert stage.failed()[0].reason == "required_missing"
    stage.server.remove("Customer", "C1")
    with stage.database.writing() as session:
        session.merge(stage.failed()[0]).retry_at = stage.failed()[0].last_failed_at
    assert stage.run().outcome == "success"
    assert stage.failed() == []


def test_a_failed_record_is_not_tried_again_before_its_time_and_waits_longer_each_time(stage: Stage) -> None:
    stage.map("Customer", {"EMAIL": "email"})
    stage.server.put("Customer", "C1", {"EMAIL": "a@b.example"})
    stage.run()
    first = stage.failed()[0]
    assert first.retry_at is not None
    assert (first.retry_at - first.last_failed_at).total_seconds() == 300
    stage.server.calls.clear()
    stage.run()
    assert "get" not in stage.connector_calls
    again = stage.failed()[0]
    assert (again.attempts, again.retry_at) == (2, again.last_failed_at + (first.retry_at - first.last_failed_at) * 2)


def test_a_person_is_matched_only_below_its_own_company(stage: Stage) -> None:
    alfa = stage.add("company", name="Alfa", number="C1")
    beta = stage.add("company", name="Beta", number="C2")
    at_alfa = stage.add("person", last_name="Berg", company=alfa)
    stage.add("person", last_name="Berg", company=beta)
    stage.map("Customer", CUSTOMER, unpaired="pair", match=["number"])
    stage.map("Person", PERSON, unpaired="pair", match=["last_name"])
    stage.server.put("Customer", "C1", {"NAME": "Alfa"})
    stage.server.put("Person", "P1", {"LASTNAME": "Berg"}, parent="C1")
    stage.run()
    assert stage.pairings("Person")["P1"].entity_id == at_alfa


def test_a_record_deleted_in_the_hub_leaves_a_tombstone_and_is_not_resurrected(stage: Stage) -> None:
    stage.map("Customer", CUSTOMER)
    stage.server.put("Customer", "C1", {"NAME": "Alfa"})
    stage.run()
    stage.delete("company", stage.hub()[0]["id"])
    stage.server.put("Customer", "C1", {"NAME": "Alfa A/S"})

    run = stage.run()

    assert (run.outcome, run.counts["skipped"]) == ("success", 1)
    pairing = stage.pairings()["C1"]
    assert (pairing.state, pairing.entity_id) == (PairingState.TOMBSTONE, None)
    stage.server.put("Customer", "C1", {"NAME": "Alfa again"})
    stage.run()
    assert stage.hub() == []


def test_a_pairing_that_was_gone_lives_again_when_the_erp_delivers_the_record(stage: Stage) -> None:
    stage.map("Customer", CUSTOMER)
    stage.server.put("Customer", "C1", {"NAME": "Alfa"})
    stage.run()
    with stage.database.writing() as session:
        session.merge(stage.pairings()["C1"]).state = PairingState.GONE.value
    stage.server.put("Customer", "C1", {})
    stage.run()
    assert stage.pairings()["C1"].state == PairingState.PAIRED


def test_a_value_that_does_not_fit_is_named_and_the_rest_of_the_record_is_synced(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name", "EMAIL": "code"})
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "EMAIL": "x" * 60})
    run = stage.run()
    assert (run.outcome, run.counts["failed"]) == ("partial", 1)
    assert stage.hub()[0]["name"] == "Alfa"
    failed = stage.failed()[0]
    assert (failed.reason, failed.field) == ("value_refused", "EMAIL")
    assert failed.message == "E-mail: must not be longer than 50 characters"
    stage.server.put("Customer", "C1", {"EMAIL": "short"})
    assert stage.run().outcome == "success"
    assert stage.failed() == []
    assert stage.hub()[0]["code"] == "short"


def test_a_list_item_that_the_crm_does_not_have_is_counted_and_never_written_raw(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name", "COUNTRY": "country"})
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "COUNTRY": "SE"})
    run = stage.run()
    assert (run.outcome, run.counts["unmapped"]) == ("success", 1)
    assert stage.hub()[0]["country"] is None
    assert "COUNTRY" not in stage.pairings()["C1"].base_erp
