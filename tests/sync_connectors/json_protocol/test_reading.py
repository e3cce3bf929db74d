"""Bytes that are no message are refused before they become much in memory."""

import pytest

from sync_connectors.json_protocol import reading
from sync_connectors.json_protocol.media import DEEPEST_NESTING, LARGEST_MESSAGE, MOST_CONTAINERS, MOST_VALUES
from sync_connectors.json_protocol.reading import MessageError, decode, encode


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is no JSON"),
        (b"<html>", "is no JSON"),
        (b'{"a": NaN}', "is no JSON"),
        (b'{"a": Infinity}', "is no JSON"),
        (b'{"a": 1e999}', "is no JSON"),
        (b'{"a": ' + b"9" * 10_000_000 + b"}", "is no JSON"),
        (b'{"a": "\xff"}', "is no JSON"),
        (b'{"a": "\\ud800"}', "is no JSON"),
        (b"\xef\xbb\xbf{}", "is no JSON"),
        (b"[]", "is no JSON object"),
        (b"null", "is no JSON object"),
        (b"[" * 100_000 + b"]" * 100_000, "is no JSON"),
        (b'{"a":' * 33 + b"{}" + b"}" * 33, "nested more than 32 deep"),
    ],
    ids=range(13),
)
def test_what_is_no_message_is_refused(body, words):
    with pytest.raises(MessageError, match=words):
        decode(body)


def test_more_values_than_memory_should_hold_are_refused_unread():
    for body in (b'{"a":[' + b"0," * (MOST_VALUES + 1) + b"0]}", b"{" * (MOST_CONTAINERS + 1)):
        with pytest.raises(MessageError, match="too many values"):
            decode(body)


def test_a_body_that_is_too_large_is_refused_unread(monkeypatch):
    monkeypatch.setattr(reading, "LARGEST_MESSAGE", 10)
    assert decode(b'{"a": 100}') == {"a": 100}
    with pytest.raises(MessageError, match="larger than"):
        decode(b'{"a": 1000}')
    assert LARGEST_MESSAGE == 64 * 2**20


def test_nesting_is_allowed_as_deep_as_it_says():
    deepest = b'{"a":' * (DEEPEST_NESTING - 1) + b"{}" + b"}" * (DEEPEST_NESTING - 1)
    assert decode(deepest)
    with pytest.raises(MessageError, match="deep"):
        decode(b'{"a":' + deepest + b"}")


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":2}',
        b'{"a": 1, "a": 1}',
        b'{"a":1,"\\u0061":1}',
        b'{"b":[{"c":[{"a":1,"a":null}]}]}',
        b'{"t":"1e5","n":100000.0,"a":0,"a":10}',  # as long as `1e5` makes it when it is written again
        b'{"a":1e5,"b":0,"b":0}',
    ],
    ids=range(6),
)
def test_an_object_that_names_a_member_twice_is_refused(body):
    with pytest.raises(MessageError, match="names a member twice"):
        decode(body)


def test_equal_members_of_different_objects_are_none_too_many_however_they_are_written():
    assert decode(b'{ "a" : [ {"a": "x : y"}, {"a": "\\u0061\\":"} ], "b": {"a": 1.0e2} }')["b"] == {"a": 100.0}
    assert decode(b'{"a": 0.' + b"9" * 1_000_000 + b"}") == {"a": 1.0}


def test_a_number_beyond_64_bits_is_no_whole_number_any_more():
    assert isinstance(decode(b'{"a": 100000000000000000000}')["a"], float)


@pytest.mark.parametrize("value", [2**64, "\ud800", object()])
def test_what_has_no_json_form_is_not_written(value):
    with pytest.raises(MessageError, match="no JSON form"):
        encode({"a": value})


def test_a_message_is_one_line():
    assert encode({"a": "x\ny"}).count(b"\n") == 0
