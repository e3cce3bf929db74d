"""What an administrator submits is checked all at once, and secrets survive an edit without being shown."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.errors import InvalidInputError
from sync_connectors import ConfigurationError, ConfigurationField, FieldType, ListKey, ShowIf
from sync_connectors.configuration import (
    MASK,
    StoredConfiguration,
    configuration_changes,
    defaults_of,
    form_values,
    masked,
    read_submission,
    typed_configuration,
)

FILE = ConfigurationField("Filename", "File name", FieldType.TEXT, required=True, max_length=12)
PASSWORD = ConfigurationField("Password", "Password", FieldType.PASSWORD)
HOST = ConfigurationField("Host", "Host", FieldType.TEXT, address=True)
TICKED = ConfigurationField("Active", "Only active", FieldType.CHECKBOX)
COUNT = ConfigurationField("Count", "Count", FieldType.INTEGER, minimum=1, maximum=10)
PRICE = ConfigurationField("Price", "Price", FieldType.DOUBLE, minimum=0)
KIND = ConfigurationField("Kind", "Kind", FieldType.LIST, choices={"basic": "Basic", "token": "Token"})
TOKEN = ConfigurationField(
    "Token", "Token", FieldType.TEXT, secret=True, required=True, show_if=ShowIf("Kind", ("token",))
)
STARTS = ConfigurationField("Starts", "Starts", FieldType.DATETIME)
CODE = ConfigurationField("Code", "Code", FieldType.TEXT, pattern=r"[A-Z]{3}", pattern_help="takes three capitals")
NOTE = ConfigurationField("Note", "A note", FieldType.LABEL)


def one(field, raw):
    return read_submission([field], None, {field.key: raw}).typed[field.key]


def faults(fields, raw, stored=None, **options):
    with pytest.raises(InvalidInputError) as caught:
        read_submission(fields, stored, raw, **options)
    return caught.value.errors


@pytest.mark.parametrize(
    ("type_", "raw", "value"),
    [
        (FieldType.TEXT, "  erp.xlsx ", "erp.xlsx"),
        (FieldType.PASSWORD, " s ", " s "),
        (FieldType.INTEGER, "42", 42),
        (FieldType.INTEGER, 42, 42),
        (FieldType.INTEGER, 42.0, 42),
        (FieldType.INTEGER, " -7 ", -7),
        (FieldType.DOUBLE, "12.50", Decimal("12.5")),
        (FieldType.DOUBLE, 0.1, Decimal("0.1")),
        (FieldType.DOUBLE, 3, Decimal(3)),
        (FieldType.CHECKBOX, "on", True),
        (FieldType.CHECKBOX, False, False),
        (FieldType.CHECKBOX, "0", False),
        (FieldType.LIST, "7", ListKey("7")),
        (FieldType.LIST, 7, ListKey("7")),
        (FieldType.DATE, "2026-03-31", date(2026, 3, 31)),
        (FieldType.DATETIME, "2026-03-31T09:30", datetime(2026, 3, 31, 9, 30, tzinfo=UTC)),
        (FieldType.DATETIME, "2026-03-31T09:30:00+02:00", datetime(2026, 3, 31, 7, 30, tzinfo=UTC)),
        (FieldType.LOCAL_DATETIME, "2026-03-31T09:30", datetime(2026, 3, 31, 9, 30)),  # noqa: DTZ001 - naive on purpose
        (FieldType.TEXT, "", None),
        (FieldType.INTEGER, "", None),
        (FieldType.DATE, None, None),
    ],
)
def test_each_type_reads_text_and_json_forms(type_, raw, value):
    read = one(ConfigurationField("Key", "Label", type_), raw)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("type_", "raw"),
    [
        (FieldType.TEXT, 5),
        (FieldType.TEXT, ["x"]),
        (FieldType.TEXT, "a\x00b"),
        (FieldType.TEXT, "a\nb"),
        (FieldType.TEXT, "a\ud800b"),
        (FieldType.PASSWORD, "a\x1bb"),
        (FieldType.INTEGER, "1.5"),
        (FieldType.INTEGER, "9" * 100_000),
        (FieldType.INTEGER, 10**19),
        (FieldType.INTEGER, True),
        (FieldType.INTEGER, float("nan")),
        (FieldType.INTEGER, "४२"),
        (FieldType.DOUBLE, "NaN"),
        (FieldType.DOUBLE, "Infinity"),
        (FieldType.DOUBLE, "1,5"),
        (FieldType.DOUBLE, "1e999"),
        (FieldType.DOUBLE, float("inf")),
        (FieldType.DOUBLE, {}),
        (FieldType.CHECKBOX, "maybe"),
        (FieldType.CHECKBOX, 2),
        (FieldType.DATE, "31.3.2026"),
        (FieldType.DATE, 20260331),
        (FieldType.DATETIME, "soon"),
        (FieldType.DATETIME, "0001-01-01T00:00+14:00"),
        (FieldType.LOCAL_DATETIME, "2026-03-31T09:30Z"),
    ],
)
def test_what_is_not_of_the_type_is_refused_in_words(type_, raw):
    (words,) = faults([ConfigurationField("Key", "Label", type_)], {"Key": raw})["Key"]
    assert words
    assert str(raw)[:20] not in words


def test_every_fault_of_every_field_is_named_at_once():
    found = faults(
        [FILE, COUNT, PRICE, KIND, CODE],
        {"Filename": "x" * 13, "Count": "11", "Price": -1, "Kind": "other", "Code": "ab", "Colour": "red"},
    )
    assert found == {
        "Filename": ["has more than 12 characters"],
        "Count": ["must be at most 10"],
        "Price": ["must be at least 0"],
        "Kind": ["is none of the items of the list"],
        "Code": ["takes three capitals"],
        "Colour": ["no such field"],
    }


def test_a_required_field_that_is_blank_or_absent_is_missing():
    assert faults([FILE], {"Filename": "   "}) == {"Filename": ["is missing"]}
    assert faults([FILE], {}) == {"Filename": ["is missing"]}


def test_a_pattern_must_match_the_whole_text():
    assert "Code" in faults([CODE], {"Code": "ABCD"})
    assert "Code" in faults([CODE], {"Code": "ABC\n!"})
    assert one(CODE, "ABC") == "ABC"


def test_a_label_takes_no_value():
    assert faults([NOTE], {"Note": "x"}) == {"Note": ["no such field"]}
    assert read_submission([NOTE], None, {}).typed == {}


def test_what_is_not_an_object_is_refused():
    assert faults([TICKED], ["x"]) == {"": ["is no object with a value for each field"]}


def test_a_hidden_field_is_neither_required_nor_checked_nor_sent():
    submitted = read_submission([KIND, TOKEN], None, {"Kind": "basic", "Token": "t\x00"})
    assert submitted.typed == {"Kind": ListKey("basic")}
    assert submitted.secrets == {}
    assert faults([KIND, TOKEN], {"Kind": "token"}) == {"Token": ["is missing"]}


def test_a_field_that_hangs_on_a_hidden_field_is_hidden_too():
    deep = ConfigurationField("Deep", "Deep", FieldType.TEXT, required=True, show_if=ShowIf("Token", ("x",)))
    assert read_submission([KIND, TOKEN, deep], None, {"Kind": "basic", "Token": "x"}).typed.keys() == {"Kind"}


def test_conditions_that_go_round_in_circles_show_the_fields():
    left = ConfigurationField("Left", "L", FieldType.TEXT, show_if=ShowIf("Right", ("1",)))
    right = ConfigurationField("Right", "R", FieldType.TEXT, show_if=ShowIf("Left", ("1",)))
    assert read_submission([left, right], None, {"Left": "1", "Right": "1"}).typed == {"Left": "1", "Right": "1"}


def test_a_condition_on_a_check_box_takes_its_text_in_any_form():
    more = ConfigurationField("More", "More", FieldType.TEXT, show_if=ShowIf("Active", ("1",)))
    assert read_submission([TICKED, more], None, {"Active": True, "More": "x"}).typed["More"] == "x"
    assert "More" not in read_submission([TICKED, more], None, {"Active": "off", "More": "x"}).typed


STORED = StoredConfiguration({"Filename": "erp.xlsx", "Host": "erp.example"}, {"Password": "canary"})
FIELDS = [FILE, HOST, PASSWORD]


@pytest.mark.parametrize("raw", [{}, {"Password": MASK}])
def test_an_absent_or_masked_secret_is_unchanged(raw):
    submitted = read_submission(FIELDS, STORED, {"Filename": "new.xlsx", **raw})
    assert submitted.secrets == {"Password": "canary"}
    assert submitted.typed == {"Filename": "new.xlsx", "Host": "erp.example", "Password": "canary"}
    assert submitted.changed_keys == {"Filename"}


@pytest.mark.parametrize("raw", ["", None])
def test_an_empty_secret_is_cleared(raw):
    submitted = read_submission(FIELDS, STORED, {"Password": raw})
    assert submitted.secrets == {}
    assert submitted.typed["Password"] is None
    assert submitted.changed_keys == {"Password"}


def test_any_other_secret_is_new():
    submitted = read_submission(FIELDS, STORED, {"Password": "other"})
    assert submitted.secrets == {"Password": "other"}
    assert submitted.changed_keys == {"Password"}


def test_a_mask_in_a_new_configuration_is_no_secret():
    needed = ConfigurationField("Password", "Password", FieldType.PASSWORD, required=True)
    assert faults([needed], {"Password": MASK}) == {"Password": ["is missing"]}


def test_a_stored_secret_is_not_sent_to_a_changed_address():
    (words,) = faults(FIELDS, {"Host": "evil.example"}, STORED)["Password"]
    assert "type it again" in words
    assert read_submission(FIELDS, STORED, {"Host": "new.example", "Password": "typed"}).secrets == {
        "Password": "typed"
    }
    assert read_submission(FIELDS, STORED, {"Host": "new.example", "Password": ""}).secrets == {}


def test_a_stored_secret_is_not_sent_when_its_address_is_no_longer_asked_for():
    host = ConfigurationField("Host", "Host", FieldType.TEXT, address=True, show_if=ShowIf("Filename", ("erp.xlsx",)))
    assert "Password" in faults([FILE, host, PASSWORD], {"Filename": "b.xlsx"}, STORED)


def test_a_stored_secret_is_not_sent_to_a_changed_url():
    assert "Password" in faults(FIELDS, {}, STORED, secrets_void=True)
    assert read_submission(FIELDS, STORED, {"Password": "typed"}, secrets_void=True).typed["Password"] == "typed"


def test_an_absent_value_of_a_new_configuration_takes_its_default():
    field = ConfigurationField("Owner", "Owner", FieldType.TEXT, default="<login> of <ser#>")
    submitted = read_submission([field], None, {}, tags={"login": "ida"})
    assert submitted.typed == {"Owner": "ida of <ser#>"}


def test_a_value_that_was_cleared_does_not_take_its_default_again():
    field = ConfigurationField("Owner", "Owner", FieldType.TEXT, default="x")
    cleared = read_submission([field], None, {"Owner": ""}).stored
    assert read_submission([field], cleared, {}).typed == {"Owner": None}


@pytest.mark.parametrize(
    ("type_", "default", "text"),
    [
        (FieldType.INTEGER, "many", "0"),
        (FieldType.DOUBLE, "many", "0.00"),
        (FieldType.INTEGER, "5", "5"),
        (FieldType.INTEGER, "", ""),
        (FieldType.CHECKBOX, "", "false"),
        (FieldType.CHECKBOX, "1", "true"),
        (FieldType.DATE, "tomorrow", ""),
        (FieldType.LIST, "7", "7"),
        (FieldType.TEXT, "<name> <unknown>", "Ida Holm <unknown>"),
    ],
)
def test_defaults_follow_the_original(type_, default, text):
    field = ConfigurationField("Key", "Label", type_, default=default)
    assert defaults_of([field], {"name": "Ida Holm", "login": "ida"}) == {"Key": text}


def test_the_canonical_form_is_the_same_for_equal_values_however_they_were_typed():
    fields = [PRICE, TICKED, STARTS]
    typed = read_submission(fields, None, {"Price": "1.50", "Active": "on", "Starts": "2026-01-01T00:00Z"})
    sent = read_submission(fields[::-1], None, {"Price": 1.5, "Active": True, "Starts": "2026-01-01T01:00+01:00"})
    assert typed.canonical() == sent.canonical()


def test_the_canonical_form_differs_when_only_a_secret_differs():
    one_, two = (read_submission([PASSWORD], None, {"Password": text}) for text in ("a", "b"))
    assert one_.canonical() != two.canonical()
    swapped = StoredConfiguration({"a": "x"}, {"b": "y"}), StoredConfiguration({"b": "y"}, {"a": "x"})
    assert swapped[0].canonical() != swapped[1].canonical()


TEXTS = st.dictionaries(st.text(max_size=3), st.text(max_size=3))


@given(TEXTS, TEXTS)
def test_different_values_never_share_a_canonical_form(left, right):
    def given_values(texts):
        return {key: text for key, text in texts.items() if text}

    same = StoredConfiguration(left).canonical() == StoredConfiguration(right).canonical()
    assert same == (given_values(left) == given_values(right))


def test_shown_values_never_hold_a_secret():
    shown = masked([*FIELDS, COUNT, NOTE], {"Filename": "erp.xlsx", "Count": "3"}, {"Password"})
    assert shown == {"Filename": "erp.xlsx", "Host": None, "Password": MASK, "Count": 3}
    assert masked([PASSWORD], {"Password": "canary"}, set()) == {"Password": ""}
    assert "canary" not in repr(STORED)
    assert "canary" not in repr(read_submission(FIELDS, STORED, {}))


def test_the_audit_log_tells_of_a_secret_only_that_it_changed():
    after = StoredConfiguration({"Filename": "b.xlsx", "Host": "erp.example"}, {"Password": "other"})
    assert configuration_changes(FIELDS, STORED, after) == {
        "Filename": {"before": "erp.xlsx", "after": "b.xlsx"},
        "Password": {"before": "changed", "after": "changed"},
    }
    assert "canary" not in str(configuration_changes([FILE], STORED, StoredConfiguration({})))


def test_stored_values_that_no_longer_suit_the_connector_are_named():
    stored = StoredConfiguration({"Count": "many"})
    with pytest.raises(ConfigurationError) as caught:
        typed_configuration([COUNT], stored)
    assert caught.value.fields == {"Count": "is no whole number"}
    assert faults([COUNT], {}, stored) == {"Count": ["is no whole number"]}
    assert masked([COUNT], stored.plain, set()) == {"Count": "many"}


def test_a_form_sends_no_check_box_that_is_off():
    assert form_values([TICKED, FILE], {"configuration.Filename": "x", "csrf_token": "t"}) == {
        "Active": "false",
        "Filename": "x",
    }
    assert form_values([TICKED], {"configuration.Active": "on"}) == {"Active": "on"}


@pytest.mark.parametrize("key", ["load", "Meta", "fields", "a.b", "context", "_schema"])
def test_a_connector_may_name_its_fields_as_it_likes(key):
    assert one(ConfigurationField(key, "Label", FieldType.TEXT), "x") == "x"


@given(
    st.dictionaries(
        st.sampled_from([*(f.key for f in (FILE, TICKED, COUNT, PRICE, STARTS, KIND)), "?"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner, max_size=2),
        ),
    )
)
def test_any_input_is_taken_or_refused_and_nothing_else(raw):
    fields = [FILE, TICKED, COUNT, PRICE, STARTS, KIND]
    try:
        stored = read_submission(fields, None, raw).stored
    except InvalidInputError as refused:
        stored, named = None, refused.errors
    if stored is None:
        assert named
    else:
        assert read_submission(fields, stored, {}).stored == stored
