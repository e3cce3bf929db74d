"""The page on the JSON protocol says what code and schema say."""

import re
from pathlib import Path

import pytest

from sync_connectors import Connector, FieldType, LinkSession
from sync_connectors.json_protocol import media
from sync_connectors.json_protocol.calls import CONFIGURATION_LIST, SAVE_LINK, SESSION_CALLS, TEST_CONFIGURATION
from sync_connectors.json_protocol.client import streams
from sync_connectors.json_protocol.errors import CLASSES
from tests.sync_connectors.json_protocol.schema import SCHEMA, checked

PAGE = (Path(__file__).parents[2] / "docs" / "protocol-json.md").read_text(encoding="utf-8")
CALLS = re.findall(r"^\| `(\w+) (U\S*)` \|(.*?)\|(.*?)\|(.*?)\|$", PAGE, re.MULTILINE)
"""Verb, address, request, answer and method of the contract."""
EXAMPLES = re.findall(r"^```json (\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def table(first: str) -> dict[str, tuple[str, ...]]:
    """Return the rows of the table whose head begins so, by their first cell."""
    lines = PAGE.partition(f"\n| {first} |")[2].splitlines()[2:]
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines[: lines.index("")]]
    return {cells[0]: cells[1:] for cells in rows}


def test_every_call_is_named_with_its_messages() -> None:
    told = {f"{verb} {address}": tuple(cell.strip() for cell in cells) for verb, address, *cells in CALLS}
    calls = {f"POST U/links/GUID/{call.path}": call for call in SESSION_CALLS.values()}
    calls |= {f"POST U/{call.path}": call for call in (TEST_CONFIGURATION, CONFIGURATION_LIST)}
    calls["PUT U/links/GUID"] = SAVE_LINK
    for address, call in calls.items():
        assert told[address] == (f"`{call.path}.request`", f"`{call.path}.answer`", f"`{call.method}`")
    for stream in media.Stream:
        assert told[f"POST U/links/GUID/{stream}"] == (f"`{stream}.request`", "a stream", f"`{stream}`")


def test_every_method_of_the_contract_has_a_call() -> None:
    methods = {
        name
        for kind in (Connector, LinkSession)
        for name, member in vars(kind).items()
        if callable(member) and not name.startswith("_")
    }
    told = set(re.findall(r"`(\w+)`", " ".join(method for *_others, method in CALLS)))
    assert told == methods - {"open"}, "a session begins with its first call"


def test_every_message_of_the_schema_is_named() -> None:
    messages = {name for name in SCHEMA["$defs"] if "." in name} | {"descriptor", "health"}
    assert messages <= set(re.findall(r"`([\w.-]+)`", PAGE))


@pytest.mark.parametrize(("definition", "text"), EXAMPLES)
def test_examples_are_valid(definition: str, text: str) -> None:
    checked(definition, text.encode())


def test_there_are_examples_of_what_is_not_plain() -> None:
    wanted = {"records", "error", "stream.beginning", "changes.page", "stream.end"}
    assert wanted <= {definition for definition, _text in EXAMPLES}


def test_the_table_of_errors_is_that_of_the_code() -> None:
    told = {name.strip("`"): (cells[0].strip("`"), int(cells[1])) for name, cells in table("Class").items()}
    assert told == {name: (class_.__name__, status) for name, (class_, status) in CLASSES.items()}


def test_headers_and_limits_are_those_of_the_code() -> None:
    assert {name.strip("`") for name in table("Header")} == {
        "Authorization",
        media.PROTOCOL_HEADER,
        media.DEADLINE_HEADER,
        media.SESSION_HEADER,
        media.CALL_HEADER,
    }
    assert [int(cells[0]) for cells in table("Limit").values()] == [
        media.LARGEST_MESSAGE,
        media.MOST_VALUES,
        media.MOST_CONTAINERS,
        media.DEEPEST_NESTING,
        media.MOST_RECORDS,
        media.MOST_COLUMNS,
        media.MOST_PAGES,
    ]
    assert streams.MOST_TRIES == len(streams.PAUSES) == 3
    assert streams.PAUSES == (0.0, 0.5, 2.0)
    for type_ in (media.DESCRIPTOR_TYPE, media.STREAM_TYPE, media.MESSAGE_TYPE):
        assert f"`{type_}`" in PAGE


def test_all_types_of_values_are_told() -> None:
    assert set(re.findall(r"`(\w+)`", " ".join(table("Type")))) == {type_.value for type_ in FieldType}


def test_the_version_is_told() -> None:
    assert f"The protocol has version {media.PROTOCOL_VERSION}" in PAGE
