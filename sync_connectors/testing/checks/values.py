"""Checks of what becomes of values on their way in and out: unicode, blanks, lengths, numbers, times."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sync_connectors.contract.actors import Actor
from sync_connectors.contract.errors import RejectedRecordError
from sync_connectors.contract.fields import Access, Field
from sync_connectors.contract.values import FieldType, Value
from sync_connectors.testing.check import type_check
from sync_connectors.testing.comparing import require_told, same, shown
from sync_connectors.testing.matching import folded
from sync_connectors.testing.outcomes import apply_if, require
from sync_connectors.testing.records import TypeBench
from sync_connectors.testing.samples import DAY, INSTANT, LOCAL, decimal_of

_LETTERS = "Ærø Łódź Ελλάδα 漢字 😀"
_SIGNS = "=1+1 'a' \"b\" <i>&amp; %_ \\n"
_LONGEST = 2_000


@type_check(
    mend="Send UTF-8, or refuse what the ERP's character set does not have; never store question marks.",
    writes=True,
)
def letters_are_kept(kind: TypeBench) -> None:
    """Letters of all languages come back as they were saved, or the record is refused."""
    _text_is_kept(kind, _LETTERS)


@type_check(
    mend="Escape text for the format in which it travels, and nothing more; undo it on the way back.",
    writes=True,
)
def signs_are_kept(kind: TypeBench) -> None:
    """Quotes, angle brackets, ampersands and an equals sign at the beginning come back as they were saved."""
    _text_is_kept(kind, _SIGNS)


@type_check(
    mend="Write None as no value; only an absent field is unchanged.",
    writes=True,
)
def blanks_are_saved(kind: TypeBench) -> None:
    """A field that is saved as None is blank afterwards."""
    own = kind.own()
    optional = [
        field
        for field in kind.writable()
        if field.access is Access.NORMAL and field.type not in {FieldType.CHECKBOX, FieldType.ROWS}
    ]
    filled = [field for field in optional if own.values.get(field.key) is not None]
    apply_if(filled, "it has no optional field with a value")
    field = filled[0]
    if _tried(kind, own, field, None) is not None:
        now = kind.read(own.key).values.get(field.key)
        require(same(now, None), f"{field.key} was saved as blank and is {shown(now)}")


@type_check(
    mend="Declare the length that the ERP really keeps, in characters.",
    writes=True,
)
def longest_text_is_kept(kind: TypeBench) -> None:
    """A text of exactly max_length characters is kept whole."""
    own, field = kind.own(), _limited_field(kind)
    text = "m" * field.max_length
    kind.change(own, **{field.key: text})
    now = str(kind.read(own.key).values.get(field.key))
    require(folded(now) == text, f"{field.key} takes {field.max_length} characters, and kept {len(now)} of so many")


@type_check(
    mend="Refuse it with a Rejection that names the field, or return the shortened text.",
    writes=True,
)
def too_long_text_is_told(kind: TypeBench) -> None:
    """A text longer than max_length is refused, or the answer tells what was kept of it."""
    own, field = kind.own(), _limited_field(kind)
    text = "w" * (field.max_length + 1)
    answer = _tried(kind, own, field, text)
    if answer is not None:
        require_told({field.key: text}, answer.values, kind.read(own.key).values)


@type_check(
    mend="Never pass a number through float; declare `decimals` where the ERP rounds.",
    writes=True,
)
def numbers_are_exact(kind: TypeBench) -> None:
    """Numbers come back exactly: negative ones, nought, and all decimals that are declared."""
    fields = kind.writable(FieldType.INTEGER, FieldType.DOUBLE)
    apply_if(fields, "it has no numbers that can be written")
    for field in fields:
        whole = field.type is FieldType.INTEGER
        numbers: list[Value] = (
            [-3, 0, 123_456]
            if whole
            else [decimal_of(field, Decimal(text)) for text in ("-1234567.89", "0", "0.1", "1.10")]
        )
        _come_back(kind, field, numbers)


@type_check(
    mend="Write False as false, and never as blank or unchanged.",
    writes=True,
)
def truths_are_exact(kind: TypeBench) -> None:
    """Truth values come back as they were saved."""
    fields = kind.writable(FieldType.CHECKBOX)
    apply_if(fields, "it has no checkboxes that can be written")
    for field in fields:
        _come_back(kind, field, (True, False))


@type_check(
    mend="Convert DATETIME to UTC and back, leave LOCAL_DATETIME in the ERP's zone, and never make a time of a DATE.",
    writes=True,
)
def times_are_exact(kind: TypeBench) -> None:
    """Dates and times come back as they were saved, without a shift by a time zone."""
    fields = kind.writable(FieldType.DATE, FieldType.DATETIME, FieldType.LOCAL_DATETIME)
    apply_if(fields, "it has no dates or times that can be written")
    samples: dict[FieldType, list[Any]] = {
        FieldType.DATE: [DAY, date(2025, 7, 1)],
        FieldType.DATETIME: [INSTANT, INSTANT + timedelta(days=140, hours=11)],
        FieldType.LOCAL_DATETIME: [LOCAL, datetime(2025, 7, 1, 0, 15)],  # noqa: DTZ001 - in the zone of the ERP
    }
    for field in fields:
        _come_back(kind, field, samples[field.type])


def _text_is_kept(kind: TypeBench, text: str) -> None:
    own, field = kind.own(), kind.text_field
    wanted = text[: field.max_length] if field.max_length else text
    if _tried(kind, own, field, wanted) is not None:
        now = kind.read(own.key).values.get(field.key)
        kept = folded(wanted).strip() == folded(now or "").strip()  # an ERP may write all in capitals
        require(kept, f"{field.key} was saved as {shown(wanted)} and is {shown(now)}")


def _come_back(kind: TypeBench, field: Field, values: Iterable[Value]) -> None:
    key = kind.own().key
    for value in values:
        if _tried(kind, kind.read(key), field, value) is not None:
            now = kind.read(key).values.get(field.key)
            require(value == now, f"{field.key} was saved as {shown(value)} and is {shown(now)}")


def _tried(kind: TypeBench, own: Actor, field: Field, value: Value) -> Actor | None:
    """Save one value; return what was answered, or None where the ERP refuses the record, as it may."""
    try:
        saved = kind.save(own, **{field.key: value})
    except RejectedRecordError:
        return None
    if saved.rejections:
        return None
    require(saved.actors, f"save does not answer the record {own.key}, which counts as not saved")
    return saved.actors[0]


def _limited_field(kind: TypeBench) -> Field:
    fields = [
        field
        for field in kind.writable(FieldType.TEXT)
        if 0 < field.max_length <= _LONGEST and field.key != kind.able.reference_field
    ]
    apply_if(fields, "no text field that can be written has a max_length")
    return next((field for field in fields if field.key == kind.text_field.key), fields[0])


CHECKS = (
    letters_are_kept,
    signs_are_kept,
    blanks_are_saved,
    longest_text_is_kept,
    too_long_text_is_told,
    numbers_are_exact,
    truths_are_exact,
    times_are_exact,
)
