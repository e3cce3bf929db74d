"""Asking the next run for one record, on both ways: by its key in the ERP, and by the outbox of the link."""

from collections.abc import Collection

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.sync.failures import Direction, FailureState
from erp_links.sync.merge.ranking import origin_of
from erp_links.sync.models import FailedRecord
from erp_links.sync.reasons import FailureReason
from host.crm import outbox
from host.crm.models import Subscription
from host.jobs.clock import read_clock


def ask_erp(session: Session, link_id: int, actor_type: str, erp_key: str, label: str = "") -> FailedRecord:
    """Let the next run read a record of the ERP by its key; a failed record that it has already is tried again."""
    at = read_clock(session)
    waiting = session.scalars(
        select(FailedRecord)
        .where(
            FailedRecord.link_id == link_id,
            FailedRecord.actor_type == actor_type,
            FailedRecord.erp_key == erp_key,
            FailedRecord.direction == Direction.PULL.value,
        )
        .with_for_update()
    ).one_or_none()
    if waiting is None:
        waiting = FailedRecord(
            link_id=link_id,
            actor_type=actor_type,
            erp_key=erp_key,
            direction=Direction.PULL.value,
            label=label or _("record %(key)s", key=erp_key),
            reason=FailureReason.ASKED.value,
            message=_("a person asked for it"),
            attempts=0,
            first_failed_at=at,
            last_failed_at=at,
        )
        session.add(waiting)
    waiting.retry_at, waiting.state = at, FailureState.OPEN.value
    session.flush()
    return waiting


def ask_crm(session: Session, link_id: int, entity_type: str, entity_ids: Collection[int]) -> None:
    """Let the next run look at records of the hub, whatever has changed in them.

    A link that takes nothing of this entity type to its ERP has no use for them, and would never settle them; one that
    is not active looks at everything when it becomes so.
    """
    subscriber = origin_of(link_id)
    subscription = session.scalar(
        select(Subscription.id).where(Subscription.subscriber == subscriber, Subscription.entity_type == entity_type)
    )
    if subscription is not None:
        outbox.enqueue(session, subscriber, entity_type, entity_ids, read_clock(session))
