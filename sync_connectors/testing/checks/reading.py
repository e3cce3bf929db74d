"""Checks of reading: the form of records, their keys, and what is asked for."""

from datetime import UTC, datetime, timedelta

from sync_connectors.contract.values import FieldType
from sync_connectors.guarding import UNDECLARED
from sync_connectors.testing.check import type_check
from sync_connectors.testing.comparing import same, shown
from sync_connectors.testing.outcomes import apply_if, require
from sync_connectors.testing.passes import read_pass
from sync_connectors.testing.records import TypeBench

UNKNOWN_KEY = "no-such-key-7q"
_PROBES = 50
_CLOCKS_DIFFER = timedelta(days=1)


@type_check(
    mend="Convert in the connector: Decimal and never float, ListKey for LIST, aware datetime for DATETIME, naive for "
    "LOCAL_DATETIME, Rows for ROWS, None for no value.",
)
def records_are_well_formed(kind: TypeBench) -> None:
    """All records come in the form of the contract: keys, timestamps, and values of the declared types."""
    _ = kind.first_pass  # the guard checks each record on its way in
    for key, actor in kind.records.items():
        for name, value in actor.values.items():
            require(value != "", f"{name} of {key} is an empty text; no value is None")


@type_check(
    mend="Declare the field, or send only those that were asked for. The host leaves other values out.",
)
def values_are_declared(kind: TypeBench) -> None:
    """Records hold values of declared fields only."""
    _ = kind.records
    with kind.bench.another_session() as session:  # each session tells of a field once
        pages = read_pass(session, kind.name, None, kind.field_keys, most=1).pages
    notices = [notice.text for page in pages for notice in page.notices]
    undeclared = [text for text in notices if text.endswith(UNDECLARED)]
    require(not undeclared, "; ".join(undeclared))


@type_check(
    mend="Put each field that was asked for into `values`: an absent one counts as unchanged, and a value that was "
    "blanked in the ERP would stay in the CRM.",
)
def asked_fields_are_present(kind: TypeBench) -> None:
    """A record is read with every declared field that was asked for; blank ones are None."""
    for key, actor in kind.records.items():
        missing = [name for name in kind.field_keys if name not in actor.values]
        require(not missing, f"{key} comes without {', '.join(missing)}")


@type_check(
    mend="Read both from the same source, and name records by the same key in every call.",
)
def get_returns_the_same_records(kind: TypeBench) -> None:
    """`get` returns the records that were asked for, with the values that changes gave."""
    probes = dict(list(kind.records.items())[:_PROBES])
    found = kind.get(probes)
    missing = [key for key in probes if key not in found]
    require(not missing, f"get does not return {', '.join(missing[:5])}")
    for key, actor in probes.items():
        for name, value in actor.values.items():
            if name in found[key].values:
                other = found[key].values[name]
                require(same(value, other), f"{name} of {key} is {shown(value)} in changes and {shown(other)} in get")


@type_check(
    mend="Give a record one timestamp, which changes only when the record does.",
)
def timestamps_are_the_same_everywhere(kind: TypeBench) -> None:
    """`get` returns the timestamp that changes gave."""
    probes = dict(list(kind.records.items())[:_PROBES])
    for key, actor in kind.get(probes).items():
        other = probes[key].timestamp
        require(actor.timestamp == other, f"{key} has the timestamp {actor.timestamp} in get and {other} in changes")


@type_check(
    mend="Take `fields` as what is needed; never fail because few are asked for.",
)
def few_fields_can_be_asked_for(kind: TypeBench) -> None:
    """A field that was not asked for may be left out, and asking for one field works."""
    name = next(key for key in kind.field_keys)
    key = next(iter(kind.records))
    found = kind.get([key], [name])
    require(key in found, f"get with the field {name} alone does not return {key}")
    require(name in found[key].values, f"get with the field {name} alone does not return it")
    require(key in kind.get([key], []), f"get without any field does not return {key}")


@type_check(
    mend="Take the ERP's own primary key, never a row number or a name that people can change.",
)
def keys_stay_the_same(kind: TypeBench) -> None:
    """Keys stay the same from one session to the next."""
    before = kind.records
    apply_if(kind.first_pass.complete, "there are too many records to read all")
    with kind.bench.another_session() as session:
        after = read_pass(session, kind.name, None, kind.field_keys[:1]).records
    gone = [key for key in before if key not in after]
    require(not gone, f"{', '.join(gone[:5])} came in one session and not in the next")


@type_check(
    mend="Leave out what is gone. An error would fail the whole call for the sake of one deleted record.",
)
def unknown_keys_are_left_out(kind: TypeBench) -> None:
    """A key that is not there is left out of the answer of get, and raises nothing."""
    known = next(iter(kind.records))
    found = kind.get([UNKNOWN_KEY, known])
    require(known in found, f"asked for {known} and a key that is not there, get returns neither")
    require(not kind.get([UNKNOWN_KEY]), "get returns a record for a key that is not there")
    require(not kind.bench.session.get(kind.name, [], kind.field_keys).actors, "get without keys returns records")


@type_check(
    mend="Set `changed_at` to an aware datetime, or do not declare clock_times.",
)
def times_of_change_are_told(kind: TypeBench) -> None:
    """Where clock times are declared, each record tells when it was changed, and not in the future."""
    apply_if(kind.able.clock_times, "it declares no clock_times")
    limit = datetime.now(UTC) + _CLOCKS_DIFFER
    for key, actor in kind.records.items():
        require(actor.changed_at is not None, f"{key} comes without changed_at")
        require(actor.changed_at is None or actor.changed_at <= limit, f"{key} was changed in the future")


@type_check(
    mend="Give the item's key as the value and its text in list_items, and list inactive items too.",
)
def list_values_are_listed(kind: TypeBench) -> None:
    """Every value of a LIST field is a key of its list."""
    lists = [field for field in kind.fields if field.type is FieldType.LIST]
    apply_if(lists, "it has no LIST fields")
    for field in lists:
        items = kind.bench.items(field.list_name)
        for key, actor in kind.records.items():
            value = actor.values.get(field.key)
            listed = value is None or value in items
            require(listed, f"{field.key} of {key} is {shown(value)}, which the list {field.list_name} does not have")


CHECKS = (
    records_are_well_formed,
    values_are_declared,
    asked_fields_are_present,
    get_returns_the_same_records,
    timestamps_are_the_same_everywhere,
    few_fields_can_be_asked_for,
    keys_stay_the_same,
    unknown_keys_are_left_out,
    times_of_change_are_told,
    list_values_are_listed,
)
