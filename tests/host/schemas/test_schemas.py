import pytest
from marshmallow import fields, validate
from werkzeug.datastructures import MultiDict

from host.errors import InvalidInputError
from host.schemas import RecordId, Schema, Text, VerbatimText, load, load_form


class Address(Schema):
    zip = Text(required=True)


class Person(Schema):
    name = Text(required=True, validate=validate.Length(min=1))
    password = VerbatimText()
    age = fields.Integer(allow_none=True)
    active = fields.Boolean()
    groups = fields.List(RecordId())
    tags = fields.List(Text())
    address = fields.Nested(Address)


def faults(values: dict, loader=load) -> dict[str, list[str]]:
    with pytest.raises(InvalidInputError) as caught:
        loader(Person, values)
    return caught.value.errors


def test_texts_are_stripped_except_verbatim_ones():
    loaded = load(Person, {"name": "  Ada ", "password": " a b ", "tags": [" x "], "address": {"zip": " 1 "}})
    assert loaded == {"name": "Ada", "password": " a b ", "tags": ["x"], "address": {"zip": "1"}}


def test_a_text_of_blanks_is_an_empty_text_for_the_length_check():
    assert "name" in faults({"name": "   "})


def test_unknown_fields_are_refused_at_every_level():
    found = faults({"name": "Ada", "nick": 1, "address": {"zip": "1", "street": "x"}})
    assert found == {"nick": ["no such field"], "address.street": ["no such field"]}


def test_all_faults_come_at_once():
    found = faults({"age": "x", "active": 1, "groups": [0, "2"], "address": {}})
    assert set(found) == {"name", "age", "active", "groups.0", "groups.1", "address.zip"}


@pytest.mark.parametrize("value", ["5", True, 5.5, 2**31, -(2**31)])
def test_json_numbers_are_strict_and_fit_the_databases(value):
    assert "age" in faults({"name": "Ada", "age": value})


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_texts_that_no_database_can_hold_are_refused(text):
    assert set(faults({"name": text, "password": text, "tags": [text]})) == {"name", "password", "tags.0"}


def test_a_form_is_converted():
    form = MultiDict([("name", " Ada "), ("age", " 5 "), ("active", "on"), ("groups", "1"), ("groups", "2")])
    form.add("csrf_token", "abc")
    loaded = load_form(Person, form)
    assert loaded == {"name": "Ada", "age": 5, "active": True, "groups": [1, 2], "tags": []}


def test_absent_check_boxes_and_choices_of_a_form_are_false_and_empty():
    assert load_form(Person, MultiDict({"name": "Ada", "age": ""})) == {
        "name": "Ada",
        "age": None,
        "active": False,
        "groups": [],
        "tags": [],
    }


def test_a_partial_load_may_leave_out_required_fields():
    assert load(Person, {"age": 3}, partial=True) == {"age": 3}


def test_faults_are_in_our_words():
    found = faults({"name": "", "age": "x", "groups": 5, "address": None, "tags": [1]})
    assert found["name"] == ["is missing"]
    assert found["age"] == ["is no whole number"]
    assert found["groups"] == ["is no list"]
    assert found["address"] == ["must not be empty"]
    assert found["tags.0"] == ["is no text"]
    assert faults({"name": "Ada", "groups": [0]}) == {"groups.0": ["must be between 1 and 2147483647"]}
