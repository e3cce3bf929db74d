"""What an ERP reports as deleted: its pairings become *gone*, and nothing in the hub is deleted."""

import threading
from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.orm import Session

from erp_links.mapping.models import LinkActorType
from erp_links.sync.failures import Direction
from erp_links.sync.models import FailedRecord, LogEntry, Pairing, PairingState
from erp_links.sync.passes import store_run_counts
from erp_links.sync.permit import RunPermit, ShutDownError
from host.database import Database
from sync_connectors import LinkSession

_LOG = cast(Table, LogEntry.__table__)


def read_deletions(
    database: Database,
    permit: RunPermit,
    link_session: LinkSession,
    row: LinkActorType,
    counts: Counter[str],
    stopping: threading.Event,
) -> None:
    """Mark the pairings of records that the ERP deleted since the deletions' own watermark, which then moves.

    Runs before the pull of the same run, so that a record which was deleted and came back ends as paired. A worker that
    dies before the end leaves the watermark: the pages before are read again and change nothing.

    Raises:
        ConnectorError: What the connector raised.
        RunEndedError: The run may not go on.
    """
    watermark = row.deletions_watermark
    for page in link_session.deletions(row.name, row.deletions_watermark, None):
        watermark = page.watermark or watermark
        if page.keys:
            with database.writing() as session:
                at = permit.assert_wanted(session)
                counts["gone"] += mark_gone(session, permit, row.name, page.keys, at)
                store_run_counts(session, permit.run_id, counts)
        if stopping.is_set() and page.resume is not None:
            raise ShutDownError("the worker stops")
    if watermark != row.deletions_watermark:
        with database.writing() as session:
            permit.assert_wanted(session)
            session.execute(
                update(LinkActorType)
                .where(LinkActorType.id == row.id)
                .values(deletions_watermark=watermark)
                .execution_options(synchronize_session=False)
            )


def mark_gone(session: Session, permit: RunPermit, actor_type: str, keys: Collection[str], at: datetime) -> int:
    """Turn the pairings of these ERP keys into *gone*, log each, and return how many there were.

    Failed records of these keys are forgotten: there is nothing to try again.
    """
    session.execute(
        delete(FailedRecord).where(
            FailedRecord.link_id == permit.link_id,
            FailedRecord.actor_type == actor_type,
            FailedRecord.direction == Direction.PULL.value,
            FailedRecord.erp_key.in_(keys),
        )
    )
    found = session.execute(
        select(Pairing.id, Pairing.erp_key, Pairing.entity_type, Pairing.entity_id)
        .where(
            Pairing.link_id == permit.link_id,
            Pairing.actor_type == actor_type,
            Pairing.erp_key.in_(keys),
            Pairing.state == PairingState.PAIRED.value,
        )
        .order_by(Pairing.id)
        .with_for_update()
    ).all()
    if not found:
        return 0
    session.execute(
        update(Pairing)
        .where(Pairing.id.in_([row.id for row in found]))
        .values(state=PairingState.GONE.value)
        .execution_options(synchronize_session=False)
    )
    told: dict[str, Any] = {
        "at": at,
        "run_id": permit.run_id,
        "link_id": permit.link_id,
        "kind": "gone",
        "actor_type": actor_type,
        "target": "crm",
    }
    session.connection().execute(
        insert(_LOG),
        [told | {"erp_key": row.erp_key, "entity_type": row.entity_type, "entity_id": row.entity_id} for row in found],
    )
    return len(found)
