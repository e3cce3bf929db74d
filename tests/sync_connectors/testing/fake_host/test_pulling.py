import pytest

from host.errors import InvalidInputError
from sync_connectors import (
    ConfigurationField,
    FieldType,
    Notice,
    NoticeLevel,
    Page,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
)
from sync_connectors.testing.fake_host import FakeHost, HostDiedError, Moment
from tests.sync_connectors.testing.fake_host.pocket_erp import (
    Exclusive,
    LosesPage,
    NeverEnds,
    Pocket,
    PocketConnector,
    PocketSession,
    Remembers,
    ShowsOldValues,
)


@pytest.fixture
def pocket() -> Pocket:
    pocket = Pocket()
    for number in range(1, 6):
        pocket.put(f"C{number}", name=f"Customer {number}", city="Bergen")
    return pocket


def host_of(pocket: Pocket, sessions: type[PocketSession] = PocketSession) -> FakeHost:
    return FakeHost(lambda: PocketConnector(pocket, sessions))


def test_a_pass_keeps_records_and_watermark_and_the_next_one_reads_what_changed(pocket) -> None:
    host = host_of(pocket)
    pulled = host.pull("Customer")
    kept = host.kept_of("Customer")
    assert pulled.pages == [("C1", "C2"), ("C3", "C4"), ("C5",)]
    assert (kept.watermark, kept.resume) == ("5", None)
    assert kept.records["C4"].values == {"name": "Customer 4", "city": "Bergen"}
    pocket.put("C2", city="Oslo")
    assert host.pull("Customer").keys == {"C2", "C5"}
    assert kept.records["C2"].values == {"name": "Customer 2", "city": "Oslo"}
    assert host.compare("Customer", pocket.records).faults == ()


def test_a_host_that_died_goes_on_behind_the_page_that_it_had_stored(pocket) -> None:
    host = host_of(pocket)
    host.die_at(Moment.PAGE_FETCHED, count=2)
    with pytest.raises(HostDiedError, match="page fetched"):
        host.pull("Customer")
    kept = host.kept_of("Customer")
    assert (set(kept.records), kept.resume, kept.watermark) == ({"C1", "C2"}, "2", None)
    assert host.compare("Customer").lost == ("C3", "C4", "C5")
    pulled = host.pull("Customer")
    assert pulled.pages == [("C3", "C4"), ("C5",)]
    assert (pulled.repeated, kept.watermark) == (set(), "5")


def test_a_death_comes_at_the_chosen_moment_and_once(pocket) -> None:
    host = host_of(pocket)
    host.die_at(Moment.PAGE_STORED)
    with pytest.raises(HostDiedError, match="page stored"):
        host.pull("Customer")
    assert host.pull("Customer").keys == {"C3", "C4", "C5"}
    with pytest.raises(ValueError, match="number 0"):
        host.die_at(Moment.PAGE_STORED, 0)


def test_dying_everywhere_loses_nothing_with_a_connector_that_is_right(pocket) -> None:
    host = host_of(pocket)
    pulled = host.pull_dying_everywhere("Customer")
    # each page comes again where nothing of it was stored; the pass that died behind its last page begins again
    assert pulled.pages[:6] == [
        ("C1", "C2"),
        ("C1", "C2"),
        ("C3", "C4"),
        ("C3", "C4"),
        ("C5",),
        ("C5",),
    ]
    assert pulled.pages[6:] == [("C1", "C2"), ("C3", "C4"), ("C5",)]
    assert pulled.repeated == set(pocket.records)
    assert host.compare("Customer", pocket.records).faults == ()
    assert host.kept_of("Customer").watermark == "5"


@pytest.mark.parametrize(("sessions", "lost"), [(LosesPage, "C3"), (Remembers, "C3, C4, C5")])
def test_what_a_connector_loses_when_it_is_resumed_is_told(pocket, sessions, lost) -> None:
    host = host_of(pocket, sessions)
    assert host.pull("Customer").keys == set(pocket.records), "without a crash nobody would notice"
    dying = host_of(pocket, sessions)
    dying.die_at(Moment.PAGE_STORED)
    with pytest.raises(HostDiedError):
        dying.pull("Customer")
    dying.pull("Customer")
    assert dying.compare("Customer", pocket.records).faults == (f"lost: {lost}",)


def test_a_pass_that_never_ends_is_told_as_one(pocket, monkeypatch) -> None:
    monkeypatch.setattr("sync_connectors.testing.fake_host.host._MOST_DEATHS", 20)
    with pytest.raises(ProtocolError, match="does not end"):
        host_of(pocket, NeverEnds).pull_dying_everywhere("Customer")


def test_what_changed_on_the_watermark_and_is_not_read_is_lost(pocket) -> None:
    host = host_of(pocket, Exclusive)
    host.pull("Customer")
    pocket.records["C6"], pocket.versions["C6"] = {"name": "Late"}, pocket.clock
    host.pull("Customer")
    assert host.compare("Customer").faults == ("lost: C6",)


def test_values_that_are_not_those_of_the_erp_are_outdated(pocket) -> None:
    host = host_of(pocket, ShowsOldValues)
    host.pull("Customer")
    pocket.put("C2", city="Oslo")
    host.pull("Customer")
    assert host.compare("Customer").faults == ("outdated: C2 in city", "outdated: C5 in city")


def test_an_erp_that_is_down_is_tried_again_behind_the_last_page(pocket) -> None:
    host = host_of(pocket)
    pocket.raises["changes"] = [UnavailableError("closed for stock-taking"), RateLimitedError("slow", retry_after=7)]
    with pytest.raises(UnavailableError):
        host.pull("Customer")
    pulled = host.pull("Customer", tries=2)
    assert pulled.waits == [7]
    assert host.compare("Customer", pocket.records).faults == ()


def test_an_expired_cursor_makes_the_pass_begin_again(pocket) -> None:
    host = host_of(pocket)
    host.kept_of("Customer").resume = "expired"
    assert host.pull("Customer").keys == set(pocket.records)


def test_a_warning_and_nothing_else_moves_no_watermark(pocket) -> None:
    class Maintained(PocketSession):
        def changes(self, actor_type, watermark, resume, fields):
            yield Page((), watermark="9", notices=(Notice(NoticeLevel.WARNING, "being maintained"),))

    host = host_of(pocket, Maintained)
    pulled = host.pull("Customer")
    assert (pulled.warnings, pulled.is_conclusive) == (["being maintained"], False)
    assert host.kept_of("Customer").watermark is None


def test_what_cannot_be_read_is_kept_as_such_and_not_lost(pocket) -> None:
    pocket.unreadable = {"C3"}
    host = host_of(pocket)
    host.pull("Customer")
    assert host.kept_of("Customer").unreadable["C3"].text == "a broken number"
    assert host.compare("Customer", pocket.records).faults == ()


def test_what_was_deleted_is_left_over_until_it_is_reported(pocket) -> None:
    host = host_of(pocket)
    host.pull("Customer")
    pocket.delete("C4")
    assert host.compare("Customer").faults == ("left over: C4",)
    assert host.read_deletions("Customer") == {"C4"}
    assert host.read_deletions("Customer") == set()
    assert host.compare("Customer").faults == ()


def test_an_erp_that_reports_no_deletions_is_not_blamed_for_them(pocket) -> None:
    pocket.reports_deletions = False
    host = host_of(pocket)
    host.pull("Customer")
    pocket.delete("C4")
    assert host.read_deletions("Customer") == set()
    assert host.compare("Customer").faults == ()


def test_garbage_is_an_error_of_the_contract_as_in_tieline(pocket) -> None:
    class Garbled(PocketSession):
        def changes(self, actor_type, watermark, resume, fields):
            yield Page((self.actor("C1"), self.actor("C1")))

    with pytest.raises(ProtocolError, match="C1 twice"):
        host_of(pocket, Garbled).pull("Customer")


def test_a_link_that_the_connector_has_forgotten_is_saved_again(pocket) -> None:
    pocket.links = set()
    host = host_of(pocket)
    host.pull("Customer")
    pocket.links.clear()
    assert host.pull("Customer").keys == {"C5"}
    assert pocket.calls.count("save_link") == 2


def test_configuration_and_link_are_tested(pocket) -> None:
    host = host_of(pocket)
    assert host.test().details == {"Company": "Pocket"}
    assert "test_configuration" in pocket.calls
    with pytest.raises(LookupError, match="no Invoice, only Customer"):
        host.actor_type("Invoice")


def test_the_configuration_is_checked_and_completed_as_in_tieline(pocket) -> None:
    seen = []

    class Chosen(PocketConnector):
        def configuration_fields(self):
            return (
                ConfigurationField("company", "Company", FieldType.TEXT, required=True),
                ConfigurationField("year", "Year", FieldType.INTEGER, default="2026"),
            )

        def open(self, guid, configuration, services):
            seen.append(configuration)
            return super().open(guid, configuration, services)

    FakeHost(lambda: Chosen(pocket), {"company": "1"}).test()
    assert seen[-1] == {"company": "1", "year": 2026}
    with pytest.raises(InvalidInputError) as refused:
        FakeHost(lambda: Chosen(pocket), {"year": "x"})
    assert set(refused.value.errors) == {"company", "year"}
