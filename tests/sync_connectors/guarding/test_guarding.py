"""Whatever a connector does, the host gets a checked answer or one of the contract's errors, in time."""

import logging
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from host.logs import redact
from host.settings import Settings
from sync_connectors import (
    Actor,
    Actors,
    ActorType,
    ConfigurationError,
    ConfigurationField,
    FieldType,
    Notice,
    NoticeLevel,
    Page,
    ProtocolError,
    RateLimitedError,
    Rejection,
    Saved,
    Tested,
    UnavailableError,
)
from sync_connectors.guarding import CallPool, GuardedConnector, GuardedSession
from sync_connectors.services import HostServices
from tests.emulators.misbehaving import (
    BEHAVIOURS,
    GOOD,
    GOOD_VALUES,
    OTHER,
    PERSON,
    MisbehavingConnector,
    MisbehavingSession,
    answers,
    hang,
    raises,
    release_all,
)
from tests.patience import until

GUID = "01234567-89ab-cdef-0123-456789abcdef"


@pytest.fixture(autouse=True)
def no_call_left_hanging():
    yield
    release_all()


def services(seconds=60.0):
    return HostServices(Settings(), ZoneInfo("UTC"), seconds)


def opened(given=None, behaviour="", **methods):
    session = GuardedConnector(MisbehavingConnector()).open(GUID, {"Behaviour": behaviour}, given or services())
    for name, method in methods.items():
        setattr(session._session, name, method)
    return session


CALLS = {
    "changes": lambda session: list(session.changes("Customer", None, None, [])),
    "get": lambda session: session.get("Customer", ["C1"], []),
    "create": lambda session: session.create(replace(GOOD, key="", timestamp="")),
    "save": lambda session: session.save([GOOD]),
    "list_items": lambda session: session.list_items("groups"),
    "fields": lambda session: session.fields("Customer"),
    "actor_types": lambda session: session.actor_types(),
    "test": lambda session: session.test(),
}


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_a_misbehaving_connector_gives_the_error_of_its_class_and_words_that_say_why(name):
    behaviour = BEHAVIOURS[name]
    seconds = 0.3 if behaviour.error is UnavailableError else 10
    connector = GuardedConnector(MisbehavingConnector(), seconds)
    with pytest.raises(behaviour.error) as caught:  # noqa: PT012 - opening may be what fails
        if behaviour.method == "test_configuration":
            connector.test_configuration({"Behaviour": name}, services(seconds))
        with connector.open(GUID, {"Behaviour": name}, services(seconds)) as session:
            CALLS[behaviour.method](session)
    assert behaviour.words in f"{caught.value.text} {caught.value.technical}"
    assert type(caught.value) is behaviour.error


def test_a_connector_that_behaves_is_passed_through():
    with opened() as session:
        assert session.test().details == {"Company": "Nordwind A/S"}
        assert [one.name for one in session.actor_types()] == ["Customer", "Person"]
        assert session.get("Customer", ["C1", "C3"], []).actors == (GOOD,)
        assert session.search("Customer", "", []).actors == (GOOD, OTHER)
        assert session.search_advanced("Customer", [], []).actors == (GOOD, OTHER)
        assert session.search_by_parent("Person", "", PERSON.parent, []).actors == (PERSON,)
        assert list(session.changes("Person", None, None, [])) == [Page((PERSON,), watermark="9")]
        assert session.create(replace(GOOD, key="")).key == "NEW"
        assert [actor.key for actor in session.save([GOOD, OTHER]).actors] == ["C1", "C2"]
        assert session.list_items_by_key("groups", ["2"]) == {"2": "Wholesale"}
        assert session.searchable_fields("Customer") == ("NAME",)


def test_the_connectors_session_is_closed_once():
    with opened() as session:
        inner = session._session
    session.close()
    assert inner.closed == 1


def test_values_that_no_field_declares_are_left_out_and_told_once():
    extra = replace(GOOD, values={**GOOD_VALUES, "COLOUR": "red"})
    with opened(search=answers(Actors((extra,)))) as session:
        first, second = (session.search("Customer", "", []) for _ in range(2))
    assert first.actors == (GOOD,)
    assert [notice.text for notice in first.notices] == [
        "Customer: the field COLOUR is not declared by the connector and is left out"
    ]
    assert second.notices == ()


def test_times_in_another_zone_become_utc():
    there = datetime(2026, 1, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    actor = replace(GOOD, values={"SEEN": there}, changed_at=there)
    with opened(search=answers(Actors((actor,)))) as session:
        (checked,) = session.search("Customer", "", []).actors
    assert checked.values["SEEN"].tzinfo is UTC
    assert checked.values["SEEN"] == checked.changed_at == there


def test_unknown_actor_types_are_dropped_and_logged(caplog):
    types = [ActorType("Customer", "x", parents=("Spaceship",), entity="ship"), ActorType("Spaceship", "y")]
    with opened(actor_types=answers(types)) as session:
        (customer,) = session.actor_types()
    assert (customer.name, customer.parents, customer.entity) == ("Customer", (), "")
    assert "Spaceship" in caplog.text


def test_the_same_record_may_come_again_on_a_later_page():
    pages = [Page((GOOD,), resume="1"), Page((GOOD,))]
    with opened(changes=lambda *_: iter(pages)) as session:
        assert list(session.changes("Customer", None, None, [])) == pages


def test_a_record_both_saved_and_rejected_is_refused():
    saved = Saved((GOOD,), (Rejection("C1", "no"),))
    with opened(save=answers(saved)) as session, pytest.raises(ProtocolError, match="both saved and rejected"):
        session.save([GOOD])


def test_rejections_of_a_save_are_passed_on():
    with opened(save=answers(Saved((), (Rejection("C1", "no such group", field="GROUP"),)))) as session:
        assert session.save([GOOD]).rejections == (Rejection("C1", "no such group", field="GROUP"),)


@pytest.mark.parametrize(
    ("rejections", "words"),
    [
        ((Rejection("C9", "no"), Rejection("C9", "no")), "one twice"),
        ((Rejection("C1", "no"),), "holds a record and rejects it"),
        ((Rejection("", "no"),), "a rejection is empty"),
        ((Rejection("C9", 5),), "a rejection is of type int"),
        ("C9", "str in place of Rejection"),
    ],
)
def test_a_page_with_garbled_rejections_is_refused(rejections, words):
    page = Page((GOOD,), rejections=rejections)
    with opened(changes=lambda *_: iter([page])) as session, pytest.raises(ProtocolError, match=words):
        list(session.changes("Customer", None, None, []))


def test_records_of_a_page_that_cannot_be_read_are_passed_on():
    page = Page((GOOD,), rejections=(Rejection("C9", "text where a number belongs", field="COUNT"),))
    with opened(changes=lambda *_: iter([page])) as session:
        assert list(session.changes("Customer", None, None, [])) == [page]


def test_notices_are_cut_to_what_can_be_shown():
    answer = Actors((), (Notice(NoticeLevel.WARNING, "x" * 5000),))
    with opened(search=answers(answer)) as session:
        (notice,) = session.search("Customer", "", []).notices
    assert len(notice.text) == 2000


def test_a_late_call_makes_its_session_useless_and_is_closed_when_it_ends():
    given = services()
    session = opened(given, get=hang)
    given.seconds = 0.2
    inner = session._session
    with pytest.raises(UnavailableError, match=r"did not answer within 0\.2 seconds"):
        session.get("Customer", ["C1"], [])
    with pytest.raises(UnavailableError, match="earlier call"):
        session.test()
    session.close()
    assert inner.closed == 0
    release_all()
    until(lambda: inner.closed)
    assert inner.closed == 1


def test_a_session_that_opens_too_late_is_closed():
    made = MisbehavingSession()

    class Slow(MisbehavingConnector):
        def open(self, guid, configuration, services):
            hang()
            return made

    with pytest.raises(UnavailableError):
        GuardedConnector(Slow()).open(GUID, {}, services(0.1))
    release_all()
    until(lambda: made.closed)
    assert made.closed == 1


def test_calls_that_hang_use_up_the_threads_of_their_own_connector_only():
    pool = CallPool("hanging", maximum=2)
    connector = GuardedConnector(MisbehavingConnector(), pool=pool)
    for _ in range(2):
        with pytest.raises(UnavailableError, match="did not answer"):
            connector.test_configuration({"Behaviour": "test never answers"}, services(0.05))
    with pytest.raises(UnavailableError, match="2 calls of hanging are under way"):
        connector.test_configuration({}, services())
    assert GuardedConnector(MisbehavingConnector()).test_configuration({}, services()).details
    release_all()

    def answer_of_a_released_thread():
        with suppress(UnavailableError):
            return connector.test_configuration({}, services())

    assert until(answer_of_a_released_thread) == Tested(details={"Company": "Nordwind A/S"})


def test_threads_are_used_again():
    connector = GuardedConnector(MisbehavingConnector(), pool=CallPool("x", maximum=1))
    for _ in range(5):
        connector.configuration_fields()
        with connector.open(GUID, {}, services()) as session:
            session.test()


def test_a_session_runs_on_one_thread():
    seen = set()

    def note(*_):
        seen.add(threading.get_ident())
        return Tested()

    with opened(test=note) as session:
        for _ in range(3):
            session.test()
    assert len(seen) == 1
    assert threading.get_ident() not in seen


def test_a_call_that_never_ends_does_not_hold_up_the_end_of_the_process():
    code = """
        from host.settings import Settings
        from zoneinfo import ZoneInfo
        from sync_connectors import UnavailableError
        from sync_connectors.guarding import GuardedConnector
        from sync_connectors.services import HostServices
        from tests.emulators.misbehaving import MisbehavingConnector
        try:
            GuardedConnector(MisbehavingConnector()).test_configuration(
                {"Behaviour": "test never answers"}, HostServices(Settings(), ZoneInfo("UTC"), 0.1)
            )
        except UnavailableError as error:
            print(error)
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=120, check=True
    )
    assert "did not answer within 0.1 seconds" in ended.stdout


def test_the_deadline_begins_anew_with_each_call():
    given = services(30)
    session = GuardedConnector(MisbehavingConnector()).open(GUID, {}, given)
    begun = []
    session._session.test = lambda: begun.append(given._deadline) or Tested()
    for _ in range(2):
        asked = time.monotonic()
        session.test()
        assert begun.pop() >= asked + 30


def test_errors_of_the_contract_are_tidied_and_secrets_in_them_masked():
    def refuse(*_):
        error = ConfigurationError("the key canary-secret is wrong\x00", fields={"Password": "canary-secret"})
        error.technical = 5
        raise error

    with redact(["canary-secret"]), opened(test=refuse) as session, pytest.raises(ConfigurationError) as caught:
        session.test()
    assert caught.value.text == str(caught.value) == "the key *** is wrong"
    assert caught.value.fields == {"Password": "***"}
    assert caught.value.technical == ""


@pytest.mark.parametrize(("given", "kept"), [(5, 5.0), (None, None), ("soon", None), (-1, None), (float("nan"), None)])
def test_a_wait_that_is_no_number_of_seconds_is_dropped(given, kept):
    with (
        opened(test=raises(RateLimitedError("wait", retry_after=given))) as session,
        pytest.raises(RateLimitedError) as caught,
    ):
        session.test()
    assert caught.value.retry_after == kept


def test_an_error_of_the_connectors_own_shows_its_kind_and_keeps_its_trace_for_the_log(caplog):
    caplog.set_level(logging.WARNING)
    session = opened(behaviour="raises an error of its own")
    with redact(["canary-text"]), pytest.raises(ProtocolError) as caught:
        session.get("Customer", ["C1"], [])
    assert "canary-text" not in caught.value.text + caught.value.technical + caplog.text
    assert "ZeroDivisionError: ***" in caught.value.technical
    assert "raised ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ("x", "no list"),
        ([5], "of type int"),
        ([ConfigurationField("", "x", FieldType.TEXT)], "key or label is empty"),
        ([ConfigurationField("A", "x", FieldType.TEXT)] * 2, "A comes twice"),
        ([ConfigurationField("A", "x", "text")], "which is none"),
        ([ConfigurationField("A", "x", FieldType.ROWS)], "rows"),
        ([ConfigurationField("A", "x", FieldType.LIST)], "without choices"),
        ([ConfigurationField("A", "x", FieldType.TEXT, pattern="(")], "unusable"),
        ([ConfigurationField("A", "x", FieldType.TEXT, show_if="B")], "no ShowIf"),
        ([ConfigurationField("A", "x", FieldType.TEXT, choices=["b"])], "wrong type"),
        ([ConfigurationField("A", "x", FieldType.TEXT, minimum="5\ud800")], "wrong type"),
        ([ConfigurationField("A", "x", FieldType.TEXT, depends_on=(5,))], "wrong type"),
        ([ConfigurationField(str(number), "x", FieldType.TEXT) for number in range(2001)], "more than 2000"),
    ],
)
def test_malformed_configuration_fields_are_refused(fields, words):
    class Garbled(MisbehavingConnector):
        def configuration_fields(self):
            return fields

    with pytest.raises(ProtocolError, match=words):
        GuardedConnector(Garbled()).configuration_fields()


def test_configuration_fields_come_in_the_order_of_their_ranks():
    class Ranked(MisbehavingConnector):
        def configuration_fields(self):
            return [
                ConfigurationField(key, key, FieldType.TEXT, rank=rank) for key, rank in [("C", 2), ("A", 1), ("B", 1)]
            ]

    assert [field.key for field in GuardedConnector(Ranked()).configuration_fields()] == ["A", "B", "C"]


def test_checking_a_record_costs_little():
    values = {"NAME": "Nordwind A/S", "COUNT": 3, "BLOCKED": False, "SEEN": GOOD_VALUES["SEEN"]}
    page = Page(tuple(Actor("Customer", str(number), values, "1") for number in range(20_000)))
    with opened(changes=lambda *_: iter([page])) as session:
        session.fields("Customer")
        began = time.process_time()
        (checked,) = session.changes("Customer", None, None, [])
        seconds = time.process_time() - began
    assert checked == page
    assert seconds < 1.0, f"{seconds / 20_000 * 1e6:.1f} µs for each record"


def test_the_guard_is_a_connector_and_its_session_a_session():
    connector = GuardedConnector(MisbehavingConnector())
    assert (connector.name, connector.version) == ("misbehaving", "1.0")
    with connector.open(GUID, {}, services()) as session:
        assert isinstance(session, GuardedSession)
