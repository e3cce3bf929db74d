from zoneinfo import ZoneInfo

import pytest
import requests

from host.outbound import AddressRefusedError
from sync_connectors import RejectedRecordError, UnavailableError
from sync_connectors.testing.fake_host import FakeHost, HostDiedError, Moment, UnclearError
from tests.sync_connectors.testing.fake_host.pocket_erp import FindsNothing, Pocket, PocketConnector, PocketSession

ALFA = {"name": "Alfa", "city": "Bergen"}
REFERENCE = "tieline:00000000:company:1"


def host_of(pocket: Pocket, sessions: type[PocketSession] = PocketSession) -> FakeHost:
    return FakeHost(lambda: PocketConnector(pocket, sessions))


def test_a_record_is_created_once_with_our_reference_and_paired() -> None:
    pocket = Pocket()
    host = host_of(pocket)
    assert host.create("Customer", "company:1", ALFA) == "C1"
    assert host.create("Customer", "company:1", ALFA) == "C1"
    assert pocket.records == {"C1": {**ALFA, "reference": REFERENCE}}
    assert host.kept_of("Customer").intents == {}
    assert host.compare("Customer", pocket.records).faults == ()


def test_dying_everywhere_makes_no_double_with_a_connector_that_is_right() -> None:
    pocket = Pocket()
    host = host_of(pocket)
    assert host.create_dying_everywhere("Customer", "company:1", ALFA) == "C1"
    assert list(pocket.records) == ["C1"]
    assert pocket.calls.count("create") == 1
    assert host.compare("Customer").faults == ()


def test_a_connector_that_finds_no_references_doubles_and_is_told_so() -> None:
    pocket = Pocket()
    host = host_of(pocket, FindsNothing)
    host.create_dying_everywhere("Customer", "company:1", ALFA)
    assert host.compare("Customer").faults == ("lost: C1", "doubled: C1, C2")


def test_an_answer_that_was_lost_is_looked_up_and_one_that_was_never_sent_is_sent_anew() -> None:
    pocket = Pocket()
    host = host_of(pocket)
    pocket.raises["create"] = [UnavailableError("no answer"), UnavailableError("refused", unsent=True)]
    with pytest.raises(UnavailableError):
        host.create("Customer", "company:1", ALFA)
    assert host.kept_of("Customer").intents["company:1"].reference == REFERENCE
    with pytest.raises(UnavailableError):
        host.create("Customer", "company:1", ALFA)
    assert host.kept_of("Customer").intents == {}
    assert pocket.calls.count("search") == 1
    assert host.create("Customer", "company:1", ALFA) == "C1"


def test_without_a_reference_a_unique_match_is_ours_and_anything_else_is_unclear() -> None:
    pocket = Pocket(has_reference=False)
    host = host_of(pocket)
    host.die_at(Moment.SENT)
    with pytest.raises(HostDiedError):
        host.create("Customer", "company:1", ALFA, match_fields=["name"])
    assert host.create("Customer", "company:1", ALFA, match_fields=["name"]) == "C1"
    host.die_at(Moment.INTENT_STORED)
    with pytest.raises(HostDiedError):
        host.create("Customer", "company:2", {"name": "Beta"}, match_fields=["name"])
    for _time in range(2):
        with pytest.raises(UnclearError, match="company:2"):
            host.create("Customer", "company:2", {"name": "Beta"}, match_fields=["name"])
    assert list(pocket.records) == ["C1"]


def test_two_records_of_equal_values_are_no_double_where_two_were_asked_for() -> None:
    pocket = Pocket(has_reference=False)
    host = host_of(pocket)
    host.create("Customer", "company:1", ALFA)
    host.create("Customer", "company:2", ALFA)
    assert host.compare("Customer").doubled == ()
    pocket.put("C3", **ALFA)
    assert host.compare("Customer").doubled == ("C1", "C2", "C3")


def test_a_refusal_ends_the_matter() -> None:
    host = host_of(Pocket())
    with pytest.raises(RejectedRecordError) as refused:
        host.create("Customer", "company:1", {"city": "Bergen"})
    assert refused.value.field == "name"
    assert host.kept_of("Customer").intents == {}


def test_a_save_whose_answer_was_lost_is_not_sent_again() -> None:
    pocket = Pocket()
    pocket.put("C1", **ALFA)
    host = host_of(pocket)
    host.pull("Customer")
    for moment, sent in ((Moment.INTENT_STORED, 0), (Moment.SENT, 1)):
        host.die_at(moment)
        with pytest.raises(HostDiedError):
            host.save("Customer", "C1", {"city": "Oslo"})
        assert pocket.calls.count("save") == sent
    assert host.save("Customer", "C1", {"city": "Oslo"}).values["city"] == "Oslo"
    assert pocket.calls.count("save") == 1


def test_a_stale_save_is_read_again_and_repeated() -> None:
    pocket = Pocket(saves_conditionally=True)
    pocket.put("C1", **ALFA)
    host = host_of(pocket)
    host.pull("Customer")
    pocket.put("C1", name="Alfa AS")
    saved = host.save("Customer", "C1", {"city": "Oslo"})
    assert saved.values == {"name": "Alfa AS", "city": "Oslo"}
    assert pocket.calls.count("save") == 2


def test_a_save_that_stays_stale_is_refused_in_the_end() -> None:
    class Busy(PocketSession):
        def save(self, actors):
            self.pocket.put("C1", name="Alfa again")
            return super().save(actors)

    pocket = Pocket(saves_conditionally=True)
    pocket.put("C1", **ALFA)
    host = host_of(pocket, Busy)
    host.pull("Customer")
    with pytest.raises(RejectedRecordError, match="somebody was quicker"):
        host.save("Customer", "C1", {"city": "Oslo"})
    assert pocket.calls.count("save") == 3
    assert host.kept_of("Customer").intents == {}


def test_the_services_are_those_of_tieline_but_for_addresses_of_this_machine(tmp_path) -> None:
    seen = []

    class Looks(PocketSession):
        def test(self):
            seen.append(self.services)
            return super().test()

    host = FakeHost(lambda: PocketConnector(Pocket(), Looks), files_root=tmp_path, time_zone="Europe/Oslo")
    host.test()
    (services,) = seen
    assert (services.files_root, services.time_zone) == (tmp_path, ZoneInfo("Europe/Oslo"))
    assert 0 < services.remaining() <= 30
    with pytest.raises(requests.ConnectionError) as refused:
        services.http.get("http://127.0.0.1:1/")
    assert not isinstance(refused.value, AddressRefusedError)
    with pytest.raises(AddressRefusedError):
        services.http.get("http://169.254.169.254/")


def test_the_state_of_a_link_outlives_a_death() -> None:
    class Counts(PocketSession):
        def changes(self, actor_type, watermark, resume, fields):
            known = self.services.state.get("token")
            self.services.state.swap("token", f"{known.text if known else ''}x", known.version if known else 0)
            yield from super().changes(actor_type, watermark, resume, fields)

    pocket = Pocket()
    pocket.put("C1", **ALFA)
    host = host_of(pocket, Counts)
    host.die_at(Moment.PAGE_FETCHED)
    with pytest.raises(HostDiedError):
        host.pull("Customer")
    host.pull("Customer")
    stored = host.state.get("token")
    assert stored is not None
    assert stored.text == "xx"
