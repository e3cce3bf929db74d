"""What a preview found, as its page and the API tell of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.mapping.models import LinkActorType
from erp_links.sync.expecting import present_preview
from erp_links.sync.models import LogEntry, Pass, Run
from erp_links.sync.views.changes import LogKind


@dataclass(frozen=True, slots=True)
class PreviewView:
    """A preview at one moment.

    Attributes:
        sample: Some of the changes, as the log would tell them; they are in no database.
        is_present: Whether the mapping is still the one under which it was made, and no newer preview is.
        is_cut: Whether there are more changes than the sample has.
    """

    sample: Sequence[LogEntry]
    is_present: bool
    is_cut: bool


def preview_view(session: Session, run: Run) -> PreviewView:
    """Return what a preview found so far."""
    row = session.scalars(
        select(LinkActorType).where(LinkActorType.link_id == run.link_id, LinkActorType.name == run.actor_type)
    ).one_or_none()
    told = session.scalars(select(Pass).where(Pass.run_id == run.id)).one_or_none()
    found = told.sample if told is not None and told.sample else []
    entity_type = row.entity_type if row is not None else ""
    return PreviewView(
        sample=[_entry(run, entity_type, each) for each in found],
        is_present=row is not None and present_preview(session, row) == run.id,
        is_cut=run.counts.get("fields_changed", 0) > len(found),
    )


def sample_answer(entry: LogEntry, *, sees_values: bool) -> dict[str, Any]:
    """Return a change of the sample for the API."""
    names = ("erp_key", "entity_type", "entity_id", "crm_field", "erp_field", "reason")
    values = (entry.old, entry.new) if sees_values else (None, None)
    return {name: getattr(entry, name) for name in names} | dict(zip(("old", "new"), values, strict=True))


def _entry(run: Run, entity_type: str, told: dict[str, Any]) -> LogEntry:
    return LogEntry(
        link_id=run.link_id,
        kind=LogKind.CHANGED.value,
        actor_type=run.actor_type or "",
        entity_type=entity_type,
        target="crm",
        **told,
    )
