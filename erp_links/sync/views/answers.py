"""Runs, changes and failed records as the API answers them, without what the one who asks may not see."""

from typing import Any

from erp_links.sync.models import FailedRecord, LogEntry, Run
from erp_links.sync.reasons import failure_words, win_words
from host.accounts.principal import Principal
from host.crm.titles import Titles

_RUN = (
    "id",
    "link_id",
    "cause",
    "mode",
    "keep_blanks",
    "scope",
    "actor_type",
    "status",
    "outcome",
    "requested_at",
    "started_at",
    "finished_at",
    "cancelled_at",
    "counts",
    "error_class",
    "message",
    "instruction",
    "passes",
    "version",
)
_CHANGE = (
    "id",
    "at",
    "kind",
    "actor_type",
    "erp_key",
    "entity_type",
    "entity_id",
    "target",
    "crm_field",
    "erp_field",
    "reason",
    "reverts",
    "done_by",
)
_FAILED = (
    "id",
    "link_id",
    "run_id",
    "actor_type",
    "erp_key",
    "direction",
    "entity_type",
    "entity_id",
    "parent_type",
    "parent_key",
    "reason",
    "message",
    "instruction",
    "field",
    "state",
    "attempts",
    "first_failed_at",
    "last_failed_at",
    "retry_at",
)


def run_answer(run: Run, principal: Principal) -> dict[str, Any]:
    """Return a run; technical details are for administrators."""
    return {name: getattr(run, name) for name in _RUN} | {
        "technical": run.technical if principal.is_administrator else None
    }


def change_answer(entry: LogEntry, titles: Titles, *, sees_values: bool) -> dict[str, Any]:
    """Return an entry of the log; `titles` are what the records of the hub are called."""
    return {name: getattr(entry, name) for name in _CHANGE} | {
        "title": titles.get((entry.entity_type, entry.entity_id or 0), ""),
        "old": entry.old if sees_values else None,
        "new": entry.new if sees_values else None,
        "values_hidden": not sees_values,
        "reason_text": win_words(entry.reason),
    }


def failed_answer(failed: FailedRecord, principal: Principal, *, sees_values: bool) -> dict[str, Any]:
    """Return a failed record."""
    return {name: getattr(failed, name) for name in _FAILED} | {
        "label": failed.label if sees_values else "",
        "values": failed.payload if sees_values else {},
        "values_hidden": not sees_values,
        "reason_text": failure_words(failed.reason),
        "technical": failed.technical if principal.is_administrator else None,
    }
