"""What the API and the pages of runs and failed records take; what they answer is in `answer_schemas`."""

from typing import Any

from marshmallow import fields, post_load, validate

from erp_links.links.braking import LARGEST_LEAST, LARGEST_PERCENT
from erp_links.sync.failures import Direction, FailureState
from erp_links.sync.models import RunMode
from erp_links.sync.reasons import FailureReason, WinReason
from erp_links.sync.requesting import MOST_IN_SCOPE, Wanted
from erp_links.sync.views.changes import TARGETS, ChangeFilter, LogKind
from erp_links.sync.views.failed_records import KINDS, FailedFilter
from erp_links.sync.views.history import RUN_FILTERS
from host.api import PageArguments
from host.schemas import RecordId, Schema, Text

LONGEST_SEARCH = 254
_STATES = ("", *(state.value for state in FailureState))
_REASONS = ("", *(reason.value for reason in FailureReason))


class RunSearch(PageArguments):
    """The query of a list of runs."""

    outcome = Text(
        load_default="",
        validate=validate.OneOf(("", *RUN_FILTERS)),
        metadata={"description": "Only runs that ended so, or that have not ended."},
    )


class RunPageSearch(RunSearch):
    """The query of the page of runs, which shows those of all links."""

    link = RecordId(load_default=None, allow_none=True)


class ChangeChoice(Schema):
    """Which changes of a run are meant."""

    kind = Text(
        load_default="",
        validate=validate.OneOf(("", *(kind.value for kind in LogKind))),
        metadata={"description": "Only what happened so."},
    )
    target = Text(
        load_default="",
        validate=validate.OneOf(("", *TARGETS)),
        metadata={"description": "Only what was written on this side."},
    )
    field = Text(
        load_default="",
        validate=validate.Length(max=64),
        metadata={"description": "Only this field, by its key in the hub."},
    )
    reason = Text(
        load_default="",
        validate=validate.OneOf(("", *(reason.value for reason in WinReason))),
        metadata={"description": "Only what was written for this reason."},
    )
    q = Text(
        load_default="",
        validate=validate.Length(max=LONGEST_SEARCH),
        metadata={"description": "Only what has this text in the record's name, its ERP key, or a value."},
    )

    @post_load
    def to_filter(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        """Return what else was given beside the filter that operations take."""
        narrowed = ChangeFilter(
            data.pop("kind"), data.pop("target"), data.pop("field"), data.pop("reason"), data.pop("q")
        )
        return {**data, "narrowed": narrowed}


class ChangeSearch(ChangeChoice, PageArguments):
    """The query of what a run changed."""


class RevertInput(ChangeChoice):
    """Which changes of a run are taken back."""

    before = RecordId(
        load_default=None,
        allow_none=True,
        metadata={"description": "`next` of the answer before, to go on where it stopped; absent for the first time."},
    )


class FailedSearch(PageArguments):
    """The query of a list of failed records."""

    reason = Text(load_default="", validate=validate.OneOf(_REASONS))
    kind = Text(
        load_default="",
        validate=validate.OneOf(("", *KINDS)),
        metadata={"description": "Only those that failed, or those that only wait, which is no failure."},
    )
    state = Text(
        load_default=FailureState.OPEN.value,
        validate=validate.OneOf(_STATES),
        metadata={"description": "Open ones unless another state is asked for; empty means all."},
    )
    direction = Text(
        load_default="",
        validate=validate.OneOf(("", *(direction.value for direction in Direction))),
        metadata={"description": "Only those on the way to the CRM (pull), or on the way to the ERP (push)."},
    )
    actor_type = Text(load_default="", validate=validate.Length(max=64))
    run = RecordId(load_default=None, allow_none=True, metadata={"description": "Only those that failed in this run."})
    q = Text(
        load_default="",
        validate=validate.Length(max=LONGEST_SEARCH),
        metadata={"description": "Only those with this text in name, ERP key or message."},
    )

    @post_load
    def to_filter(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        """Return the paging arguments beside the filter that operations take."""
        narrowed = FailedFilter(
            link_id=data.pop("link", None),
            reason=data.pop("reason"),
            kind=data.pop("kind"),
            state=data.pop("state"),
            direction=data.pop("direction"),
            actor_type=data.pop("actor_type"),
            run_id=data.pop("run"),
            text=data.pop("q"),
        )
        return {**data, "narrowed": narrowed}


class FailedPageSearch(FailedSearch):
    """The query of the page of failed records, which shows those of all links."""

    link = RecordId(load_default=None, allow_none=True)


class RetryInput(Schema):
    """Which failed records to try again."""

    reason = Text(
        load_default="",
        validate=validate.OneOf(_REASONS),
        metadata={"description": "Only those with this reason; empty means all."},
    )


class DismissInput(Schema):
    """Which failed records to leave as they are."""

    reason = Text(required=True, validate=validate.OneOf(_REASONS[1:]))


class RunInput(Schema):
    """What a run is to do; without it, an ordinary sync."""

    mode = fields.Enum(
        RunMode,
        by_value=True,
        load_default=RunMode.SYNC,
        metadata={
            "description": "A resync lets the named side win in every mapped field; a preview counts what reading"
            " everything of an actor type would do, and writes nothing."
        },
    )
    keep_blanks = fields.Boolean(load_default=False, metadata={"description": "A resync writes no blank over a value."})
    pairings = fields.List(
        RecordId(),
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=1, max=MOST_IN_SCOPE),
        metadata={"description": "Ids of the pairings that a resync is about; null means all of the link."},
    )
    actor_type = Text(
        load_default="",
        validate=validate.Length(max=64),
        metadata={"description": "What a preview is about; nothing else has one."},
    )

    @post_load
    def to_wanted(self, data: dict[str, Any], **_options: Any) -> Wanted:
        """Return what operations take."""
        scope = data["pairings"]
        return Wanted(data["mode"], data["keep_blanks"], None if scope is None else tuple(scope), data["actor_type"])


class ResyncChoice(Schema):
    """The form of a resync; `chosen` says that the records were ticked, so that none means none and not all."""

    side = Text(required=True, validate=validate.OneOf(("crm", "erp")))
    keep_blanks = fields.Boolean(load_default=False)
    chosen = fields.Boolean(load_default=False)
    pairing = fields.List(RecordId(), load_default=list, validate=validate.Length(max=MOST_IN_SCOPE))


class FullReadInput(Schema):
    """Of what everything is to be read again."""

    actor_type = Text(
        load_default="",
        validate=validate.Length(max=64),
        metadata={"description": "Only this actor type; empty means all that are switched on."},
    )


class PreviewInput(Schema):
    """Of what it is to be found out what reading everything would do."""

    actor_type = Text(required=True, validate=validate.Length(min=1, max=64))


class BrakeInput(Schema):
    """How much a run may change before it stops."""

    brake_percent = fields.Integer(required=True, validate=validate.Range(min=1, max=LARGEST_PERCENT))
    brake_least = fields.Integer(required=True, validate=validate.Range(min=0, max=LARGEST_LEAST))
