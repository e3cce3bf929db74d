"""What the kit makes of what it is told: read-only, samples, limits, faults that stand in the way, costs."""

from collections.abc import Sequence
from dataclasses import replace
from threading import Event
from unittest import SkipTest

import pytest

from host.settings import Settings
from sync_connectors import Actor, ActorType, Page, RejectedRecordError, UnavailableError
from sync_connectors.testing import CHECKS, Bench, ConnectorTests, Outcome, Setup, Verdict, judge, judge_all
from sync_connectors.testing.checks import creating, loading, paging, reading, saving, searching, values
from tests.emulators.broken import BROKEN, CONFIGURATION, GoodConnector
from tests.emulators.broken.good import GoodSession
from tests.emulators.ledger.connector import LedgerConnector
from tests.emulators.ledger.running import Ledger


class CreatesNothing(GoodSession):
    def actor_types(self) -> Sequence[ActorType]:
        able = [replace(each.capabilities, create=False) for each in super().actor_types()]
        return [replace(each, capabilities=can) for each, can in zip(super().actor_types(), able, strict=True)]

    def create(self, actor: Actor) -> Actor:
        raise AssertionError("it declares no create")


class WantsANumberedName(GoodSession):
    def check(self, actor: Actor, *, creating: bool) -> None:
        super().check(actor, creating=creating)
        if creating and actor.actor_type == "Customer" and not str(actor.values["NAME"]).startswith("Firm no "):
            raise RejectedRecordError("a name begins with “Firm no”", field="NAME")


def connector_with(session: type[GoodSession]) -> GoodConnector:
    return type(session.__name__, (GoodConnector,), {"session_class": session})()


def outcomes(verdicts: Sequence[Verdict]) -> dict[str, Outcome]:
    return {verdict.check: verdict.outcome for verdict in verdicts}


def test_read_only_writes_nothing_and_says_so() -> None:
    connector = GoodConnector()
    before = connector.shop.version
    with Bench(Setup(connector, CONFIGURATION, may_write=False)) as bench:
        verdicts = list(judge_all(CHECKS, bench))
    assert connector.shop.version == before
    writing = {check.name for check in CHECKS if check.writes}
    assert {verdict.check for verdict in verdicts if verdict.details == ("nothing may be written",)} == writing
    assert set(outcomes(verdicts).values()) == {Outcome.HOLDS, Outcome.DOES_NOT_APPLY}


def test_what_is_created_is_told_and_only_that_is_changed() -> None:
    connector = GoodConnector()
    before = {key: dict(record.values) for key, record in connector.shop.records["Customer"].items()}
    with Bench(Setup(connector, CONFIGURATION)) as bench:
        list(judge_all(CHECKS, bench))
        created = {key for name, key in bench.created if name == "Customer"}
    after = connector.shop.records["Customer"]
    assert created == after.keys() - before.keys() != set()
    assert {key: record.values for key, record in after.items() if key in before} == before


def test_a_record_that_may_be_changed_takes_the_place_of_one_that_cannot_be_created() -> None:
    connector = connector_with(CreatesNothing)
    with Bench(Setup(connector, CONFIGURATION)) as bench:
        (reason,) = judge(saving.saved_value_is_kept, bench).details
    assert reason == "Customer, SalesOrder: it cannot create a record to change; name one in `to_change`"
    with Bench(Setup(connector, CONFIGURATION, to_change={"Customer": "C5"})) as bench:
        assert judge(saving.saved_value_is_kept, bench).outcome is Outcome.HOLDS
        assert judge(values.letters_are_kept, bench).outcome is Outcome.HOLDS
        assert judge(creating.created_record_is_there, bench).outcome is Outcome.DOES_NOT_APPLY
    changed = {key for key, record in connector.shop.records["Customer"].items() if record.version > 51}
    assert changed == {"C5"}


def test_a_sample_takes_the_place_of_values_that_are_refused() -> None:
    connector = connector_with(WantsANumberedName)
    with Bench(Setup(connector, CONFIGURATION)) as bench:
        assert judge(creating.created_record_is_there, bench).outcome is Outcome.FAILS
    samples = {"Customer": {"NAME": "Firm no {number}"}}
    with Bench(Setup(connector, CONFIGURATION, samples=samples)) as bench:
        assert judge(creating.created_record_is_there, bench).outcome is Outcome.HOLDS
        (key, *_others) = [key for name, key in bench.created if name == "Customer"]
    assert str(connector.shop.records["Customer"][key].values["NAME"]).startswith("Firm no ")


def test_a_fault_is_told_once_and_stands_in_the_way_of_the_rest() -> None:
    class Closed(GoodSession):
        def actor_types(self) -> Sequence[ActorType]:
            raise UnavailableError("the shop is closed")

    with Bench(Setup(connector_with(Closed), CONFIGURATION)) as bench:
        verdicts = list(judge_all(CHECKS, bench))
    (failed,) = [verdict for verdict in verdicts if verdict.outcome is Outcome.FAILS]
    assert failed.check == "actor_types_are_offered"
    assert failed.details == ("UnavailableError: the shop is closed",)
    in_the_way = {verdict.details for verdict in verdicts if verdict.outcome is Outcome.NOT_JUDGED}
    assert in_the_way == {("actor_types_are_offered fails and stands in the way",)}


def test_a_call_that_never_ends_costs_its_deadline_and_not_the_rest() -> None:
    released = Event()

    class Hangs(GoodSession):
        def search(self, actor_type: str, text: str, fields: Sequence[str]) -> Actor:
            released.wait(60)
            return super().search(actor_type, text, fields)

    with Bench(Setup(connector_with(Hangs), CONFIGURATION, seconds=1.0)) as bench:
        late = judge(searching.empty_text_finds_records, bench)
        other = judge(searching.no_restrictions_find_records, bench)
    released.set()
    assert late.outcome is Outcome.FAILS
    assert "did not answer within 1 seconds" in late.details[0]
    assert other.outcome is Outcome.HOLDS


def test_reading_stops_at_the_limit_and_what_needs_all_records_does_not_apply() -> None:
    with Bench(Setup(GoodConnector(), CONFIGURATION, most_records=25)) as bench:
        assert len(bench.types["Customer"].records) == 40
        assert judge(reading.records_are_well_formed, bench).outcome is Outcome.HOLDS
        verdict = judge(paging.resumed_pass_loses_nothing, bench)
    assert verdict.outcome is Outcome.DOES_NOT_APPLY
    assert "Customer: there are too many records to read all" in verdict.details


def test_every_request_of_a_connector_counts_as_a_call() -> None:
    with Ledger() as ledger:
        for number in range(1, 31):
            ledger.books.put("Customer", f"C{number}", {"NAME": f"Firm {number}"})
        configuration = {"Address": ledger.url, "Token": "s3cret", "PageSize": 1, "Paging": False}
        settings = Settings(outbound_allow=("127.0.0.0/8",))
        with Bench(Setup(LedgerConnector(), configuration, settings=settings)) as bench:
            _ = bench.types["Customer"].fields
            verdict = judge(loading.full_read_is_cheap, bench)
    assert bench.costs["Customer"] == (30, 30)  # one page for the host, and thirty requests for it
    assert verdict.outcome is Outcome.FAILS
    assert verdict.details == ("Customer: 30 records take 30 calls, which is 1000 for 1,000",)


def test_a_page_without_records_is_no_page_to_resume_behind() -> None:
    class Empty(GoodSession):
        def changes(self, *_asked: object) -> object:
            yield Page((), watermark="0")

    with Bench(Setup(connector_with(Empty), CONFIGURATION)) as bench:
        assert judge(paging.resumed_pass_loses_nothing, bench).outcome is Outcome.DOES_NOT_APPLY
        assert judge(reading.records_are_well_formed, bench).outcome is Outcome.DOES_NOT_APPLY


class TestMethods:
    """The test methods, outside a run of pytest."""

    def test_a_failure_says_what_was_asked_what_was_found_and_how_to_mend_it(self) -> None:
        kit = suite(BROKEN["absent_fields_stay"][0])
        with pytest.raises(AssertionError) as failed:
            kit.test_absent_fields_stay()
        asked, found, mend = str(failed.value).splitlines()
        assert asked == "Fields that a save does not name stay as they are."
        assert found.startswith("- Customer: NOTE was not named, was “Check ")
        assert mend.startswith("To mend: Write only the fields in `Actor.values`")

    def test_what_does_not_apply_is_skipped_with_the_reason(self) -> None:
        kit = suite(connector_with(CreatesNothing))
        with pytest.raises(SkipTest, match="Customer, SalesOrder: it declares no create"):
            kit.test_created_record_is_there()

    def test_all_methods_share_one_session_that_ends_with_the_class(self) -> None:
        closed: list[str] = []

        class Closes(GoodSession):
            def close(self) -> None:
                closed.append("closed")

        kit = suite(connector_with(Closes))
        kit.test_records_are_well_formed()
        type(kit)().test_get_returns_the_same_records()
        assert closed == []
        kit.teardown_class()
        assert closed == ["closed"]


def suite(judged: object) -> ConnectorTests:
    return type("Judged", (ConnectorTests,), {"connector": judged, "configuration": CONFIGURATION})()
