"""The two sides of a pairing, and what is known of both: bases, what was sent, what a person chose."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from erp_links.sync.reasons import WinReason
from host.crm.values import CrmValue
from sync_connectors import Value


class Side(StrEnum):
    """One of the two sides."""

    CRM = "crm"
    ERP = "erp"


@dataclass(frozen=True, slots=True)
class Bases:
    """What both sides were when a field was last settled.

    Attributes:
        erp: {ERP field: JSON form of its value}.
        hub: {hub field: JSON form of its value}, only where it differs from what the mapping makes of `erp`.
        row_keys: {hub field of rows: {hub row key: ERP row key}}, only where the two differ.
    """

    erp: Mapping[str, Any] = field(default_factory=dict)
    hub: Mapping[str, Any] = field(default_factory=dict)
    row_keys: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """What an open intent says was being sent when its answer was lost: JSON forms by ERP and by hub field.

    `overwritten` is {ERP field: (what the ERP had, the code of why it was overwritten)}.
    """

    erp: Mapping[str, Any]
    hub: Mapping[str, Any]
    overwritten: Mapping[str, tuple[Any, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person decided about two values; it holds for these two only, both in their JSON form."""

    side: Side
    erp: Any
    hub: Any


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else is known of one pairing when it is merged; `choices` are by hub field."""

    sent: Sent | None = None
    choices: Mapping[str, Choice] = field(default_factory=dict)


NOTHING_SPECIAL = Circumstances()


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A value of the hub that is overwritten, and why."""

    crm_field: str
    erp_field: str
    old: CrmValue
    new: CrmValue
    reason: WinReason


@dataclass(frozen=True, slots=True)
class Owed:
    """A value of the ERP that is to be overwritten, and why.

    Attributes:
        old: JSON form of what the ERP has.
        new: What it is to have.
        hub: What the hub has, of which `new` was made.
    """

    crm_field: str
    erp_field: str
    old: Any
    new: Value
    hub: CrmValue
    reason: WinReason


@dataclass(frozen=True, slots=True)
class Question:
    """A field that both sides changed and about which a person is asked; both values in their JSON form."""

    crm_field: str
    erp_field: str
    erp: Any
    hub: Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One value that the other side cannot hold. `field` is the key of the ERP's field."""

    field: str
    text: str


@dataclass(slots=True)
class Merged:
    """What a merge decided.

    Attributes:
        base_erp: The ERP's side of the bases once `changes` are written; a field that is not settled keeps its old one.
        base_hub: Likewise the hub's side.
        row_keys: Likewise the keys of rows.
        changes: What the hub takes over.
        owed: What the ERP has to take over; not settled until then.
        questions: What a person is asked; not settled until it is answered.
        faults: Values of the hub that the ERP cannot hold.
        unmapped: How many list items of the hub the ERP's lists do not have.
        stamps: When and from where the hub's value comes, by hub field or row of one (`lines/10`), where that is not
            what its change will note: the ERP told its own time, or a higher ranked link turned out to stand behind
            what the hub has.
    """

    base_erp: dict[str, Any]
    base_hub: dict[str, Any]
    row_keys: dict[str, dict[str, str]] = field(default_factory=dict)
    changes: list[FieldChange] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unmapped: int = 0
    stamps: dict[str, tuple[datetime, str]] = field(default_factory=dict)

    @property
    def bases(self) -> Bases:
        """The bases once `changes` are written."""
        return Bases(self.base_erp, self.base_hub, self.row_keys)

    @property
    def is_settled(self) -> bool:
        """Whether both sides are equal in every field, once `changes` are written."""
        return not (self.owed or self.questions or self.faults or self.unmapped)
