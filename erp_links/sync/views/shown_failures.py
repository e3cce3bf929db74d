"""Failed records, and those that wait, as a page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from erp_links.sync.failures import Direction, FailureState
from erp_links.sync.models import FailedRecord
from erp_links.sync.reasons import WAITING, FailureReason, failure_words
from erp_links.sync.views.presenting import record_titles, type_labels
from erp_links.sync.views.shown_values import ErpFields, ShownValue, erp_fields, of_erp

CANDIDATES = "candidates"
"""Where a record of the hub that several of the ERP suit keeps those: [{"key": …, "label": …}]."""


@dataclass(frozen=True, slots=True)
class ShownFailure:
    """A failed record.

    Attributes:
        title: What it is called; only its kind for who may not see the ERP's values.
        why: Its reason in words.
        field_label: What the ERP calls the offending field.
        offending: The offending value.
        delivered: What the ERP delivered, or what was to be sent to it, by the labels of its fields.
    """

    failed: FailedRecord
    title: str
    why: str
    field_label: str
    actor_label: str
    is_visible: bool
    offending: ShownValue
    delivered: Sequence[tuple[str, ShownValue]]

    @property
    def is_due(self) -> bool:
        """Whether the next run tries it again, whenever that is."""
        return self.failed.retry_at is not None and self.failed.retry_at <= datetime.now(UTC)

    @property
    def is_open(self) -> bool:
        """Whether nobody has dismissed it."""
        return self.failed.state == FailureState.OPEN

    @property
    def is_waiting(self) -> bool:
        """Whether it is no failure, and settles by itself."""
        return self.failed.reason in WAITING

    @property
    def is_ambiguous(self) -> bool:
        """Whether a person can say which record is meant."""
        return self.failed.reason == FailureReason.AMBIGUOUS_MATCH

    @property
    def is_pull(self) -> bool:
        """Whether it failed on the way to the CRM."""
        return self.failed.direction == Direction.PULL


def show_failures(session: Session, failures: Sequence[FailedRecord], seen_links: frozenset[int]) -> list[ShownFailure]:
    """Return failed records as a page shows them; `seen_links` are the links whose ERP values the reader may see."""
    link_ids = {failed.link_id for failed in failures}
    keys = {key for failed in failures for key in (failed.field, *failed.payload)}
    declared, types = erp_fields(session, link_ids, keys), type_labels(session, link_ids)
    titles = record_titles(session, [(failed.entity_type, failed.entity_id) for failed in failures])
    return [
        _shown(
            failed,
            declared,
            types.get((failed.link_id, failed.actor_type), failed.actor_type),
            titles.get((failed.entity_type, failed.entity_id or 0), ""),
            is_visible=failed.link_id in seen_links,
        )
        for failed in failures
    ]


def _shown(
    failed: FailedRecord, declared: ErpFields, actor_label: str, title: str, *, is_visible: bool
) -> ShownFailure:
    offending = declared.get((failed.link_id, failed.actor_type, failed.field))
    return ShownFailure(
        failed=failed,
        title=(failed.label or title) if is_visible else title,
        why=failure_words(failed.reason),
        field_label=offending.label if offending else failed.field,
        actor_label=actor_label,
        is_visible=is_visible,
        offending=of_erp(offending, failed.payload.get(failed.field)) if is_visible else ShownValue(None, None),
        delivered=_delivered(failed, declared) if is_visible else (),
    )


def _delivered(failed: FailedRecord, declared: ErpFields) -> list[tuple[str, ShownValue]]:
    shown = []
    for key, stored in failed.payload.items():
        field = declared.get((failed.link_id, failed.actor_type, key))
        if stored is not None and key != CANDIDATES:
            shown.append((field.label if field else key, of_erp(field, stored)))
    return sorted(shown, key=lambda pair: pair[0])
