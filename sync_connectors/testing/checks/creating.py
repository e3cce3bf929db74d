"""Checks of creating records."""

from dataclasses import replace

from sync_connectors.contract.errors import ConnectorError, RejectedRecordError
from sync_connectors.contract.fields import Access
from sync_connectors.testing.check import type_check
from sync_connectors.testing.comparing import require_told
from sync_connectors.testing.outcomes import CheckFailedError, apply_if, require
from sync_connectors.testing.records import TypeBench


@type_check(
    mend="Return the ERP's key of the new record, after the ERP has stored it.",
    writes=True,
)
def created_record_is_there(kind: TypeBench) -> None:
    """A created record is there, under the key that create returned."""
    created = kind.create(kind.sample())
    found = kind.get([created.key])
    require(created.key in found, f"create returned the key {created.key}, and get does not return that record")


@type_check(
    mend="Store every field that is declared as writable, and return the record as the ERP now has it. If the ERP "
    "refuses the values that the kit makes, give it `samples`.",
    writes=True,
)
def created_record_keeps_its_values(kind: TypeBench) -> None:
    """A created record has the values that were sent, or the answer tells what became of them."""
    sent = kind.sample()
    created = kind.create(sent)
    found = kind.get([created.key])
    apply_if(created.key in found, "the created record is not there")
    require_told(sent.values, created.values, found[created.key].values)


@type_check(
    mend="Return the timestamp that the ERP gave; the host takes another one for a change by somebody else.",
    writes=True,
)
def created_record_has_its_timestamp(kind: TypeBench) -> None:
    """`create` returns the timestamp under which the record is read."""
    created = kind.create(kind.sample())
    found = kind.get([created.key])
    apply_if(created.key in found, "the created record is not there")
    read = found[created.key].timestamp
    require(created.timestamp == read, f"create returned the timestamp {created.timestamp}, get returns {read}")


@type_check(
    mend="Raise RejectedRecordError with `field`; declare as mandatory only what the ERP demands.",
    writes=True,
)
def missing_mandatory_field_is_refused(kind: TypeBench) -> None:
    """A record without a mandatory field is refused with RejectedRecordError."""
    apply_if(kind.able.create, "it declares no create")
    mandatory = [field.key for field in kind.fields if field.access is Access.MANDATORY]
    apply_if(mandatory, "no field is mandatory")
    sample = kind.sample()
    without = {key: value for key, value in sample.values.items() if key != mandatory[0]}
    try:
        created = kind.create(replace(sample, values=without))
    except RejectedRecordError:
        return
    except ConnectorError as error:
        raise CheckFailedError(f"without {mandatory[0]}, create raises {type(error).__name__}: {error}") from error
    raise CheckFailedError(f"{created.key} was created without {mandatory[0]}, which is declared as mandatory")


@type_check(
    mend="Store `Actor.parent`, and return it with the record.",
    writes=True,
)
def created_record_has_its_parent(kind: TypeBench) -> None:
    """A record that is created below a parent lies below it."""
    apply_if(kind.type.parents, "it has no parents")
    sent = kind.sample()
    created = kind.create(sent)
    found = kind.get([created.key])
    apply_if(created.key in found, "the created record is not there")
    parent = found[created.key].parent
    require(parent == sent.parent, f"{created.key} was created below {sent.parent}, and lies below {parent}")


CHECKS = (
    created_record_is_there,
    created_record_keeps_its_values,
    created_record_has_its_timestamp,
    missing_mandatory_field_is_refused,
    created_record_has_its_parent,
)
