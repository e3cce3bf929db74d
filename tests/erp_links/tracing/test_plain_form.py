import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from erp_links.tracing.bounds import LARGEST_CALL
from erp_links.tracing.lines import line_of
from erp_links.tracing.plain_form import PlainForm
from host.logs import bind, redact
from sync_connectors import (
    Actor,
    ActorReference,
    Actors,
    AuthenticationError,
    Deletions,
    Field,
    FieldType,
    ListKey,
    Notice,
    NoticeLevel,
    Operator,
    Page,
    RateLimitedError,
    Rejection,
    Restriction,
    Rows,
    Saved,
)
from sync_connectors.watching import WatchedCall

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "canary/with spaces"


def call(**values: object) -> WatchedCall:
    return WatchedCall(**{"name": "get", "arguments": {}, "started_at": NOON, "seconds": 0.0123, **values})


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (7, 7),
        ("Alfa", "Alfa"),
        (Decimal("1.50"), {"double": "1.50"}),
        (ListKey("DK"), {"list": "DK"}),
        (date(2026, 3, 1), {"date": "2026-03-01"}),
        (NOON, {"datetime": "2026-03-01T12:00:00+00:00"}),
        (NOON.replace(tzinfo=None), {"local_datetime": "2026-03-01T12:00:00"}),
        (Rows({"10": {"QTY": Decimal(4)}}), {"rows": [["10", {"QTY": {"double": "4"}}]]}),
        (ActorReference("Customer", "C1"), {"actor_type": "Customer", "key": "C1"}),
        (Deletions(("C1",), watermark="9"), {"keys": ["C1"], "watermark": "9"}),
        (
            Saved((), (Rejection("C1", "refused", stale=True),)),
            {"rejections": [{"key": "C1", "text": "refused", "stale": True}]},
        ),
        (Field("NAME", "Name", FieldType.TEXT), {"key": "NAME", "label": "Name", "type": "text"}),
        (
            Restriction("NAME", Operator.BEGINS, ("Al",)),
            {"field": "NAME", "operator": "begins", "values": ["Al"]},
        ),
    ],
)
def test_everything_of_the_contract_has_a_form_that_tells_its_type(value: object, plain: object) -> None:
    assert PlainForm().of(value) == plain


def test_a_secret_is_nowhere_whatever_holds_it() -> None:
    actor = Actor(
        "Customer",
        SECRET,
        {
            "NAME": f"before {SECRET} behind",
            SECRET: "key",
            "PIN": 123456,
            "AMOUNT": Decimal(123456),
            "LINES": Rows({SECRET: {"NOTE": SECRET}}),
            "COUNTRY": ListKey(SECRET),
            "HIDDEN": "typed elsewhere",
        },
        timestamp=SECRET,
        parent=ActorReference("Customer", SECRET),
    )
    page = Page(
        (actor,), resume=SECRET, watermark=SECRET, notices=(Notice(NoticeLevel.WARNING, SECRET, technical=SECRET),)
    )
    error = AuthenticationError(SECRET, fields={"Password": SECRET}, instruction=SECRET, technical=f"x{SECRET}x")
    arguments = {
        "configuration": {"Password": SECRET, "Code": "typed elsewhere", "Server": f"https://ida:{SECRET}@erp"},
        "restrictions": [Restriction("HIDDEN", Operator.EQUALS, ("typed elsewhere",))],
    }
    with redact([SECRET, "123456"]):
        told = line_of(call(arguments=arguments, answer=page, error=error), frozenset({"HIDDEN", "Code"}))
    assert "canary" not in told
    assert "typed elsewhere" not in told
    assert "123456" not in told
    plain = json.loads(told)
    assert plain["arguments"]["configuration"] == {"Password": "***", "Code": "***", "Server": "https://***@erp"}
    assert plain["answer"]["actors"][0]["values"]["NAME"] == "before *** behind"
    assert plain["error"]["text"] == "***"


def test_no_half_of_a_secret_is_left_where_a_text_is_cut() -> None:
    with redact([SECRET]):
        told = PlainForm(longest_text=10).of(f"12345678{SECRET}")
    assert told == "12345678**… (left_out: 1)"


def test_what_is_left_out_is_counted_and_not_looked_at() -> None:
    unseen = Actor("Customer", "C9", {"NAME": object()})
    page = Page((*(Actor("Customer", f"C{number}", {}) for number in range(50)), *[unseen] * 950))
    plain = PlainForm().of(page)
    assert len(plain["actors"]) == 51
    assert plain["actors"][-1] == {"left_out": 950}
    assert PlainForm(most_parts=1).of({str(number): number for number in range(6)})["left_out"] == 2


def test_a_call_is_told_with_what_it_was_for() -> None:
    answer = Actors((), (Notice(NoticeLevel.WARNING, "slow today"),))
    with bind(run_id="7"):
        plain = json.loads(line_of(call(arguments={"actor_type": "Customer", "keys": ["C1"]}, answer=answer)))
    assert plain["started_at"] == "2026-03-01T12:00:00.000000Z"
    assert (plain["call"], plain["milliseconds"], plain["actor_type"], plain["run_id"]) == ("get", 12.3, "Customer", 7)
    assert plain["arguments"] == {"keys": ["C1"]}
    assert plain["notices"] == [{"level": "warning", "text": "slow today"}]
    assert plain["answer"] == {}
    assert plain["error"] is None


def test_an_error_is_told_with_its_class_and_what_the_host_does_by() -> None:
    plain = json.loads(line_of(call(error=RateLimitedError("slowly", retry_after=30.0, technical="429"))))
    assert plain["error"] == {"class": "RateLimitedError", "text": "slowly", "technical": "429", "retry_after": 30.0}
    saved = json.loads(line_of(call(name="save", arguments={"actors": [Actor("Person", "P1", {})]})))
    assert saved["actor_type"] == "Person"


def test_a_call_that_is_too_large_is_told_with_fewer_records() -> None:
    values = {f"F{number}": "€" * 1_900 for number in range(40)}
    page = Page(tuple(Actor("Customer", f"C{number}", values) for number in range(100)), watermark="9")
    line = line_of(call(answer=page))
    assert len(line.encode()) <= LARGEST_CALL
    answer = json.loads(line)["answer"]
    assert answer["actors"][-1] == {"left_out": 97}
    assert answer["watermark"] == "9"


def test_of_a_call_that_stays_too_large_only_the_size_is_told() -> None:
    rows = Rows({str(number): {f"F{column}": "€" * 90 for column in range(12)} for number in range(3)})
    values = {f"F{number}": rows for number in range(12)}
    page = Page(tuple(Actor("SalesOrder", f"O{number}", values) for number in range(3)))
    plain = json.loads(line_of(call(name="changes", answer=page, arguments={"actor_type": "SalesOrder"})))
    assert plain["answer"]["left_out_bytes"] > LARGEST_CALL
    assert (plain["call"], plain["actor_type"]) == ("changes", "SalesOrder")
