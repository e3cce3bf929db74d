"""Storing with pairings what was settled, or that the ERP has lost their records."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.orm import Session

from erp_links.sync.models import Pairing, PairingState
from host.database import update_rows

_PAIRING = cast(Table, Pairing.__table__)

# what a person disconnected meanwhile stays as that person left it
_NOT_DISCONNECTED = (_PAIRING.c.state != PairingState.TOMBSTONE.value,)


def store_settled(session: Session, settled: Sequence[Mapping[str, Any]], at: datetime) -> None:
    """Store what was settled.

    Args:
        session: A session that writes.
        settled: Per pairing its `id`, the record that it was read with as `entity_id`, and the columns that it gets,
            the same ones for all.
        at: When.
    """
    _update(session, settled, {"state": PairingState.PAIRED.value, "synced_at": at})


def mark_gone(session: Session, gone: Sequence[Mapping[str, Any]], at: datetime) -> None:
    """Note that the ERP has lost the records of pairings, given by `id` and `entity_id`."""
    _update(session, gone, {"state": PairingState.GONE.value, "content_hash": None, "synced_at": at})


def _update(session: Session, rows: Sequence[Mapping[str, Any]], same: Mapping[str, Any]) -> None:
    given = [{**row, **same} for row in rows]
    update_rows(session, _PAIRING, given, matching=("entity_id",), conditions=_NOT_DISCONNECTED)
