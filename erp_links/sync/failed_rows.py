"""A failed record as a row: the same for both ways, whether it fails for the first time or once more."""

from datetime import datetime
from typing import Any

from erp_links.sync.failures import Direction, Failure, FailureState, KnownFailure, next_retry
from host.logs import redacted


def first_time(failure: Failure, direction: Direction, at: datetime) -> dict[str, Any]:
    """Return the columns of a record that fails for the first time, apart from link, run and types."""
    return _what_failed(failure, at) | {
        "erp_key": failure.erp_key,
        "entity_id": failure.entity_id,
        "direction": direction.value,
        "state": FailureState.OPEN.value,
        "attempts": 1,
        "first_failed_at": at,
        "retry_at": next_retry(failure.reason, 1, at),
    }


def once_more(failure: Failure, known: KnownFailure, at: datetime) -> dict[str, Any]:
    """Return what changes when a known one fails again, with its `id`."""
    # what somebody dismissed stays so until it fails in another way
    same = (known.reason, known.message) == (failure.reason.value, redacted(failure.message))
    attempts = known.attempts + 1
    return _what_failed(failure, at) | {
        "id": known.id,
        "state": known.state if same else FailureState.OPEN.value,
        "attempts": attempts,
        "retry_at": next_retry(failure.reason, attempts, at),
    }


def _what_failed(failure: Failure, at: datetime) -> dict[str, Any]:
    return {
        "parent_type": failure.parent[0] if failure.parent else None,
        "parent_key": failure.parent[1] if failure.parent else None,
        "label": failure.label,
        "reason": failure.reason.value,
        "message": redacted(failure.message),
        "instruction": failure.instruction,
        "technical": redacted(failure.technical),
        "field": failure.erp_field,
        "payload": dict(failure.payload),
        "last_failed_at": at,
    }
