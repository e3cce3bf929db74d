"""What links add to the hub: the names of their changes, and what becomes of pairings when a record is deleted."""

from collections.abc import Collection, Mapping, Sequence

from flask import Flask
from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink
from erp_links.sync.models import FailedRecord, Pairing, PairingState
from erp_links.sync.pairings import nothing_settled
from erp_links.visibility import visible
from host.accounts.principal import Principal
from host.crm.extensions import DeletionWatcher, register_deletion_watcher, register_link_names
from host.settings import Settings


def init_app(app: Flask, _settings: Settings) -> None:
    """Let the hub name links where they changed something, and tell them of deleted records."""
    register_link_names(app, link_names)
    register_deletion_watcher(app, DeletionWatcher(losses=losses, deleted=bury_pairings))


def link_names(session: Session, principal: Principal, link_ids: Collection[int]) -> Mapping[int, str]:
    """Return the names of those links that the reader may see."""
    rows = session.execute(select(ErpLink.id, ErpLink.name).where(ErpLink.id.in_(link_ids), visible(principal)))
    return {row.id: row.name for row in rows}


def losses(session: Session, principal: Principal, entity_type: str, record_id: int) -> Sequence[str]:
    """Return in words which pairings go with a record, as far as the reader may know of them."""
    names = session.scalars(
        select(ErpLink.name)
        .join(Pairing, Pairing.link_id == ErpLink.id)
        .where(
            Pairing.entity_type == entity_type,
            Pairing.entity_id == record_id,
            Pairing.state != PairingState.TOMBSTONE.value,
            visible(principal),
        )
        .order_by(ErpLink.name)
        .distinct()
    )
    return [
        _("the pairing on “%(link)s”; the ERP keeps its record, and no sync brings this one back", link=name)
        for name in names
    ]


def bury_pairings(session: Session, entity_type: str, record_ids: Sequence[int]) -> None:
    """Turn the pairings of deleted records into tombstones, so that no policy makes the records again."""
    session.execute(
        update(Pairing)
        .where(Pairing.entity_type == entity_type, Pairing.entity_id.in_(record_ids))
        .values(state=PairingState.TOMBSTONE.value, entity_id=None, **nothing_settled())
    )
    session.execute(
        update(FailedRecord)
        .where(FailedRecord.entity_type == entity_type, FailedRecord.entity_id.in_(record_ids))
        .values(entity_id=None)
    )
