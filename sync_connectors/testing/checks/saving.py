"""Checks of saving: what changes, what stays, and what is refused."""

from dataclasses import replace

from sync_connectors.contract.actors import Actor
from sync_connectors.contract.errors import ConnectorError
from sync_connectors.contract.fields import Field
from sync_connectors.contract.values import FieldType, ListKey
from sync_connectors.testing.check import type_check
from sync_connectors.testing.checks.reading import UNKNOWN_KEY
from sync_connectors.testing.comparing import require_told, same, shown
from sync_connectors.testing.outcomes import CheckFailedError, apply_if, require
from sync_connectors.testing.records import TypeBench


@type_check(
    mend="Write every field that is declared as writable, and return the record as the ERP now has it.",
    writes=True,
)
def saved_value_is_kept(kind: TypeBench) -> None:
    """Fields that are saved have their new values, or the answer tells what became of them."""
    own, made = kind.own(), kind.sample().values
    writable = [field for field in kind.writable() if field.type is not FieldType.ROWS and field.key in made]
    wanted = {field.key: _other_item(kind, field, own) or made[field.key] for field in writable}
    apply_if(wanted, "it has no field that can be written")
    answer = kind.change(own, **wanted)
    require_told(wanted, answer.values, kind.read(own.key).values)


@type_check(
    mend="Write only the fields in `Actor.values`: an absent one is unchanged, None is blank.",
    writes=True,
)
def absent_fields_stay(kind: TypeBench) -> None:
    """Fields that a save does not name stay as they are."""
    before, field = kind.own(), kind.text_field
    kind.change(before, **{field.key: kind.made(field)})
    after = kind.read(before.key).values
    writable = {each.key for each in kind.writable()} - {field.key}
    for key in writable & before.values.keys():
        old, new = before.values[key], after.get(key)
        require(same(old, new), f"{key} was not named, was {shown(old)} and is {shown(new)}")


@type_check(
    mend="Let the ERP stamp the record, or make the timestamp of its content.",
    writes=True,
)
def save_renews_the_timestamp(kind: TypeBench) -> None:
    """A save that changes a record gives it another timestamp."""
    before, field = kind.own(), kind.text_field
    kind.change(before, **{field.key: kind.made(field)})
    after = kind.read(before.key).timestamp
    require(after != before.timestamp, f"{before.key} was changed, and keeps the timestamp {after}")


@type_check(
    mend="Return the timestamp that the ERP gave. The host takes another one for a change by somebody else, and reads "
    "its own change back.",
    writes=True,
)
def saved_record_has_its_timestamp(kind: TypeBench) -> None:
    """`save` returns the timestamp under which the record is read afterwards."""
    own, field = kind.own(), kind.text_field
    told = kind.change(own, **{field.key: kind.made(field)}).timestamp
    read = kind.read(own.key).timestamp
    require(told == read, f"save returned the timestamp {told}, get returns {read}")


@type_check(
    mend="Compare `Actor.timestamp` with the ERP's in the same operation that writes, and answer "
    "Rejection(key, text, stale=True): the host reads again and merges anew.",
    writes=True,
)
def stale_save_is_refused(kind: TypeBench) -> None:
    """Where conditional save is declared, a record that was changed meanwhile is refused as stale."""
    apply_if(kind.able.conditional_save, "it declares no conditional_save")
    stale, field = kind.own(), kind.text_field
    kept = kind.change(stale, **{field.key: kind.made(field)}).values.get(field.key)
    saved = kind.save(stale, **{field.key: kind.made(field)})
    now = kind.read(stale.key).values.get(field.key)
    require(same(kept, now), f"{stale.key} was overwritten, although it had changed since it was read")
    require(saved.rejections, f"the stale save of {stale.key} is not answered by a rejection")
    require(saved.rejections[0].stale, f"the rejection of the stale save of {stale.key} does not say stale=True")


@type_check(
    mend="Answer Rejection(key, text) in Saved.rejections; never create the record.",
    writes=True,
)
def unknown_record_is_rejected(kind: TypeBench) -> None:
    """To save a record that is not there is answered by a rejection of that record."""
    saved = _saved(kind, [_unknown(kind)])
    require(not saved[0], "a record that is not there is answered as saved")
    require(saved[1] == {UNKNOWN_KEY}, "a record that is not there is neither saved nor rejected")
    require(not kind.get([UNKNOWN_KEY]), "to save a record that is not there has created it")


@type_check(
    mend="Save record by record, and answer with Saved.actors and Saved.rejections.",
    writes=True,
)
def rejection_leaves_the_others(kind: TypeBench) -> None:
    """One record that is refused does not keep the others of its batch from being saved."""
    apply_if(kind.able.maximum_batch != 1, "a batch holds one record")
    own, field = kind.own(), kind.text_field
    good = replace(own, values={field.key: kind.made(field)})
    saved, rejected = _saved(kind, [_unknown(kind), good])
    apply_if(rejected == {UNKNOWN_KEY} or own.key in rejected, "the record that is not there is not rejected")
    require(own.key in saved, f"{own.key} was not saved, because another record of its batch was refused")


@type_check(
    mend="Go through all records; one that stands neither in Saved.actors nor in Saved.rejections counts as not saved.",
    writes=True,
)
def batch_is_saved(kind: TypeBench) -> None:
    """All records of a batch are saved and answered."""
    apply_if(kind.able.create, "it declares no create, and one record makes no batch")
    apply_if(kind.able.maximum_batch != 1, "a batch holds one record")
    field = kind.text_field
    keys = [kind.own().key, kind.create(kind.sample()).key]
    found = kind.get(keys)
    apply_if(len(found) == 2, "the created records are not there")
    batch = [replace(found[key], values={field.key: kind.made(field)}) for key in keys]
    saved, rejected = _saved(kind, batch)
    missing = sorted(set(keys) - saved - rejected)
    require(not missing, f"of {len(keys)} records, {', '.join(missing)} are not answered")
    require(not rejected, f"{', '.join(sorted(rejected))} were rejected in a batch")


def _other_item(kind: TypeBench, field: Field, own: Actor) -> ListKey | None:
    """Return an item that a LIST field does not have now, if there is another one."""
    items = kind.bench.items(field.list_name) if field.type is FieldType.LIST else {}
    return next((ListKey(key) for key in items if key != own.values.get(field.key)), None)


def _unknown(kind: TypeBench) -> Actor:
    own, field = kind.own(), kind.text_field
    return replace(own, key=UNKNOWN_KEY, values={field.key: kind.made(field)})


def _saved(kind: TypeBench, actors: list[Actor]) -> tuple[set[str], set[str]]:
    """Return the keys that were saved and those that were rejected."""
    try:
        saved = kind.bench.session.save(actors)
    except ConnectorError as error:
        keys = ", ".join(actor.key for actor in actors)
        raise CheckFailedError(f"save of {keys} raises {type(error).__name__}: {error}") from error
    return {actor.key for actor in saved.actors}, {rejection.key for rejection in saved.rejections}


CHECKS = (
    saved_value_is_kept,
    absent_fields_stay,
    save_renews_the_timestamp,
    saved_record_has_its_timestamp,
    stale_save_is_refused,
    unknown_record_is_rejected,
    rejection_leaves_the_others,
    batch_is_saved,
)
