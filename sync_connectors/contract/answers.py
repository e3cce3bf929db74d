"""What the calls of a session return."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sync_connectors.contract.actors import Actor


class NoticeLevel(StrEnum):
    """`OkWithInfo` and `Warning` of spec 4.1; an error is raised instead."""

    INFORMATION = "information"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell beside a result: `text` for people, `technical` for the log only."""

    level: NoticeLevel
    text: str
    technical: str = ""


@dataclass(frozen=True, slots=True)
class Tested:
    """A test that passed. `details` are facts worth showing, label → text, such as the company found."""

    __test__ = False  # pytest would take the name for a test class

    notices: tuple[Notice, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Actors:
    """Records in any order. With a warning and no records nothing is concluded: nothing is gone (spec C-24)."""

    actors: tuple[Actor, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one record of a batch was refused.

    Attributes:
        field: Key of the offending field, where known.
        stale: The record was changed in the ERP after `Actor.timestamp`, where conditional save is declared: the host
            reads it again, merges anew and repeats the save.
    """

    key: str
    text: str
    instruction: str = ""
    technical: str = ""
    field: str = ""
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of changes.

    Attributes:
        actors: In any order; the same record may come again on a later page.
        resume: Cursor with which the same pass goes on behind this page; None on the last page.
        watermark: Candidate for the next pass; the host takes over the last one given, when the pass completes.
        total: How many records the whole pass will bring, where the ERP says so.
        rejections: Records that the ERP holds but that cannot be read, such as text where a number belongs; each
            becomes a failed record and the pass goes on.
    """

    actors: tuple[Actor, ...]
    resume: str | None = None
    watermark: str | None = None
    total: int | None = None
    notices: tuple[Notice, ...] = ()
    rejections: tuple[Rejection, ...] = ()


@dataclass(frozen=True, slots=True)
class Deletions:
    """One page of keys that were deleted, with its own resume cursor and watermark."""

    keys: tuple[str, ...]
    resume: str | None = None
    watermark: str | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """Answer to a save. A record in neither tuple was not saved (spec 4.6, success with no payload)."""

    actors: tuple[Actor, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    notices: tuple[Notice, ...] = ()
