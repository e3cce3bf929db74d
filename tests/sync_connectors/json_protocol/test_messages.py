"""What one end of the wire writes is valid by the schema, and the other end reads the same from it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import jsonschema_rs
import pytest

from sync_connectors import (
    ActorReference,
    Actors,
    ActorType,
    Capabilities,
    ConfigurationField,
    Field,
    FieldType,
    ListKey,
    Notice,
    NoticeLevel,
    Operator,
    Rejection,
    Restriction,
    Rows,
    Saved,
    ShowIf,
    Tested,
)
from sync_connectors.json_protocol.calls import (
    CONFIGURATION_LIST,
    SAVE_LINK,
    SESSION_CALLS,
    TEST_CONFIGURATION,
    Call,
)
from sync_connectors.json_protocol.descriptor import Descriptor
from sync_connectors.json_protocol.reading import MessageError, decode, encode
from tests.sync_connectors.json_protocol.samples import ORDER, PERSON, SPARSE
from tests.sync_connectors.json_protocol.schema import SCHEMA, checked

NOTICES = (Notice(NoticeLevel.WARNING, "half of it", "technically"), Notice(NoticeLevel.INFORMATION, "fine"))
CONFIGURATION = {
    "Address": "https://erp.example",
    "Company": ListKey("01"),
    "Since": date(2026, 1, 2),
    "Limit": Decimal("1.50"),
    "Port": 8443,
    "Active": True,
    "Note": None,
}
FOUND = Actors((PERSON, ORDER, SPARSE), NOTICES)
BERLIN = ZoneInfo("Europe/Berlin")

CALLS = [
    (SESSION_CALLS["test"], {}, Tested(NOTICES, {"b": "1", "a": "2"})),
    (
        SESSION_CALLS["actor-types"],
        {},
        (
            ActorType("Person", "Contact", "Contacts", ("Customer",), "person", Capabilities(create=True, save=True)),
            ActorType("Customer", "Customer"),
        ),
    ),
    (
        SESSION_CALLS["fields"],
        {"actor_type": "Person"},
        (
            Field("NAME", "Name", FieldType.TEXT, max_length=40),
            Field("LINES", "Lines", FieldType.ROWS, row_fields=(Field("QTY", "Quantity", FieldType.DOUBLE),)),
        ),
    ),
    (SESSION_CALLS["searchable-fields"], {"actor_type": "Person"}, ("NAME", "CITY")),
    (SESSION_CALLS["get"], {"actor_type": "Person", "keys": ["1", "ä"], "fields": ["NAME"]}, FOUND),
    (SESSION_CALLS["search"], {"actor_type": "Person", "text": "", "fields": []}, Actors()),
    (
        SESSION_CALLS["search-advanced"],
        {
            "actor_type": "Person",
            "restrictions": (
                Restriction("CREDIT", Operator.BETWEEN, (Decimal("1.0"), Decimal(2))),
                Restriction("KIND", Operator.ONE_OF, (ListKey("a"), ListKey("b"))),
                Restriction("MET", Operator.BEFORE, (datetime(2026, 1, 2, tzinfo=UTC),)),
            ),
            "fields": ["NAME"],
        },
        FOUND,
    ),
    (
        SESSION_CALLS["search-by-parent"],
        {"actor_type": "Person", "text": "x", "parent": ActorReference("Customer", "7"), "fields": ["NAME"]},
        FOUND,
    ),
    (SESSION_CALLS["create"], {"actor": PERSON}, PERSON),
    (
        SESSION_CALLS["save"],
        {"actors": (PERSON, ORDER, SPARSE)},
        Saved((PERSON,), (Rejection("7", "no", "mend it", "E7", "NAME", stale=True), Rejection("8", "no")), NOTICES),
    ),
    (SESSION_CALLS["list-items"], {"list_name": "kinds"}, {"b": "Second", "a": "First"}),
    (SESSION_CALLS["list-items-by-key"], {"list_name": "kinds", "keys": ["a"]}, {"a": "First"}),
    (TEST_CONFIGURATION, {"configuration": CONFIGURATION, "time_zone": BERLIN}, Tested()),
    (
        CONFIGURATION_LIST,
        {"list_name": "companies", "configuration": CONFIGURATION, "time_zone": BERLIN},
        {"01": "Main"},
    ),
    (SAVE_LINK, {"configuration": CONFIGURATION, "time_zone": BERLIN}, Tested()),
]


@pytest.mark.parametrize(("call", "arguments", "answer"), CALLS, ids=lambda value: getattr(value, "path", ""))
def test_each_call_is_read_as_it_was_written_and_is_valid(call: Call, arguments, answer):
    request, told = encode(call.arguments_to_json(arguments)), encode(call.answer_to_json(answer))
    checked(f"{call.path}.request", request)
    checked(f"{call.path}.answer", told)
    assert call.arguments_from_json(decode(request)) == arguments
    read = call.answer_from_json(decode(told))
    assert read == answer
    if isinstance(answer, dict):
        assert list(read) == list(answer)


def test_all_calls_have_a_schema_and_are_tried_here():
    tried = {call.path for call, _arguments, _answer in CALLS}
    assert tried == {*SESSION_CALLS, "test-configuration", "configuration-list", "links"}
    assert {f"{path}.{part}" for path in tried for part in ("request", "answer")} <= SCHEMA["$defs"].keys()


def test_a_missing_argument_is_named():
    with pytest.raises(MessageError, match="actor_type is no text"):
        SESSION_CALLS["search"].arguments_from_json({"text": "x", "fields": []})


def test_arguments_of_a_later_version_are_ignored():
    assert SESSION_CALLS["list-items"].arguments_from_json({"list_name": "x", "later": 1}) == {"list_name": "x"}


@pytest.mark.parametrize("zone", ["Nowhere/Else", "", "../etc/passwd", "Europe", 7, None])
def test_a_time_zone_that_is_none_is_refused(zone):
    with pytest.raises(MessageError, match="time_zone is no t"):
        TEST_CONFIGURATION.arguments_from_json({"configuration": {}, "time_zone": zone})


@pytest.mark.parametrize("path", ["get", "actor-types", "save", "test", "list-items", "create", "searchable-fields"])
@pytest.mark.parametrize(
    "answer",
    [
        {"records": None, "actor_types": 7, "items": {}, "details": [["a"]], "notices": 1},
        {"records": [], "actor_types": [{}], "items": [["a", 1]], "details": {}, "keys": [1]},
        {"records": {"keys": {}}, "actor_types": [None], "items": [1], "actor": [], "notices": [{"level": "loud"}]},
    ],
)
def test_a_malformed_answer_is_refused(path: str, answer):
    with pytest.raises(MessageError):
        SESSION_CALLS[path].answer_from_json({"details": [7]} | answer)


def test_a_descriptor_is_read_as_it_was_written():
    told = Descriptor(
        "workbook",
        "Workbook",
        "1.0",
        "0.1",
        (
            ConfigurationField("File", "File", FieldType.TEXT, required=True, address=True),
            ConfigurationField("Kind", "Kind", FieldType.LIST, choices={"b": "B", "a": "A"}),
            ConfigurationField("Pin", "Pin", FieldType.PASSWORD, secret=True, show_if=ShowIf("Kind", ("a",))),
        ),
        7,
    )
    written = encode(told.to_json())
    checked("descriptor", written)
    assert Descriptor.from_json(decode(written)) == told


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"protocol": "other"}, "does not say that it is a connector"),
        ({"protocol_version": "9.0"}, "speaks version 9.0"),
        ({"fields": [{"key": "x"}]}, "fields is malformed"),
        ({"name": 7}, "name is no text"),
        ({"parallel_sessions": 0}, "parallel_sessions"),
    ],
)
def test_a_descriptor_of_something_else_is_refused(change, words):
    told = Descriptor("a", "A", "1", "0.1", ()).to_json() | change
    with pytest.raises(MessageError, match=words):
        Descriptor.from_json(told)


def test_rows_and_their_order_survive():
    lines = ORDER.values["LINES"]
    (read,) = (SESSION_CALLS["create"].arguments_from_json(decode(encode({"actor": _columns(ORDER)})))).values()
    assert isinstance(read.values["LINES"], Rows)
    assert list(read.values["LINES"]) == list(lines)


def _columns(actor):
    return SESSION_CALLS["create"].arguments_to_json({"actor": actor})["actor"]


def test_the_schema_refuses_a_value_of_the_wrong_form():
    request = TEST_CONFIGURATION.arguments_to_json({"configuration": {"Limit": Decimal(1)}, "time_zone": BERLIN})
    request["configuration"]["Limit"] = {"double": 1.5}
    with pytest.raises(jsonschema_rs.ValidationError):
        checked("test-configuration.request", request)
