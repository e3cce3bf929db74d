"""What the ERP tab of a record consists of: one block for each active link that the reader may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from erp_links.links.models import ErpLink, LinkState
from erp_links.links.standing import Standing, standings_of
from erp_links.mapping.models import LinkActorType
from erp_links.runtime import LinkRuntime
from erp_links.sync.failures import FailureState
from erp_links.sync.models import FailedRecord, Pairing, PairingState
from erp_links.visibility import visible
from host.accounts.principal import Principal
from host.errors import NotFoundError
from sync_connectors import Field
from sync_connectors.codec import actor_type_from_json, field_from_json


@dataclass(frozen=True, slots=True)
class PairedActor:
    """The ERP's record on one link that the record of the hub is paired with.

    Attributes:
        fields: The fields that the tab shows, in its order.
        base: The ERP's values as last settled, in their JSON form by field key.
        failure: Why the last sync could not settle it, in the connector's words; empty if it could.
    """

    actor_type: str
    label: str
    key: str
    fields: tuple[Field, ...]
    synced_at: datetime | None
    is_gone: bool
    base: Mapping[str, Any]
    failure: str = ""
    instruction: str = ""


@dataclass(frozen=True, slots=True)
class TabBlock:
    """One link on the tab of one record; `actors` is empty while the record is not connected there.

    Attributes:
        link_version: Rises when the link's configuration changes, after which cached texts are worth nothing.
        actor_labels: What the ERP calls the records that this one could be connected to.
    """

    link_id: int
    link_name: str
    link_version: int
    standing: Standing
    actors: tuple[PairedActor, ...]
    actor_labels: tuple[str, ...]


def tab_blocks(
    session: Session, runtime: LinkRuntime, principal: Principal, entity_type: str, entity_id: int
) -> list[TabBlock]:
    """Return the blocks of a record's tab by link name, with a constant number of statements."""
    rows = _offering(session, principal, entity_type)
    return _blocks(session, runtime, rows, entity_type, entity_id)


def tab_block(
    session: Session, runtime: LinkRuntime, principal: Principal, entity_type: str, entity_id: int, link_id: int
) -> TabBlock:
    """Return one block.

    Raises:
        NotFoundError: There is no such link, it is not active, or the reader may not see it: all look the same.
    """
    rows = _offering(session, principal, entity_type, link_id)
    if not rows:
        raise NotFoundError("there is no such ERP link")
    return _blocks(session, runtime, rows, entity_type, entity_id)[0]


def count_paired(session: Session, principal: Principal, entity_type: str, entity_id: int) -> int:
    """Return on how many of the links that the reader may see the record is connected."""
    statement = (
        select(func.count(func.distinct(Pairing.link_id)))
        .join(ErpLink, Pairing.link_id == ErpLink.id)
        .where(
            Pairing.entity_type == entity_type,
            Pairing.entity_id == entity_id,
            Pairing.state != PairingState.TOMBSTONE.value,
            ErpLink.state == LinkState.ACTIVE.value,
            visible(principal),
        )
    )
    return session.scalar(statement) or 0


def has_blocks(session: Session, principal: Principal, entity_type: str) -> bool:
    """Return whether the tab of such records has a block for this reader, connected or not."""
    offering = select(LinkActorType.id).join(LinkActorType.link).where(_is_offered(principal, entity_type))
    return session.scalar(offering.limit(1)) is not None


def _is_offered(principal: Principal, entity_type: str) -> ColumnElement[bool]:
    """Return the condition for actor types of visible, active links that are synced with the entity."""
    return and_(
        ErpLink.state == LinkState.ACTIVE.value,
        visible(principal),
        LinkActorType.active,
        LinkActorType.entity_type == entity_type,
        LinkActorType.missing_since.is_(None),
    )


def _offering(
    session: Session, principal: Principal, entity_type: str, link_id: int | None = None
) -> Sequence[LinkActorType]:
    statement = (
        select(LinkActorType)
        .join(LinkActorType.link)
        .where(_is_offered(principal, entity_type))
        .options(
            joinedload(LinkActorType.link).joinedload(ErpLink.connector),
            selectinload(LinkActorType.fields),
        )
        .order_by(ErpLink.name, ErpLink.id, LinkActorType.rank)
    )
    if link_id is not None:
        statement = statement.where(ErpLink.id == link_id)
    return session.scalars(statement).all()


def _blocks(
    session: Session, runtime: LinkRuntime, rows: Sequence[LinkActorType], entity_type: str, entity_id: int
) -> list[TabBlock]:
    links = {row.link_id: row.link for row in rows}
    standings = standings_of(session, runtime, list(links.values()))
    pairings = _pairings(session, list(links), entity_type, entity_id)
    failures = _failures(session, list(pairings.values()))
    blocks = []
    for link in links.values():
        own = [row for row in rows if row.link_id == link.id]
        actors = [_paired(row, pairings[link.id, row.name], failures) for row in own if (link.id, row.name) in pairings]
        labels = tuple(actor_type_from_json(row.declaration).label for row in own)
        blocks.append(TabBlock(link.id, link.name, link.version, standings[link.id], tuple(actors), labels))
    return blocks


def _pairings(
    session: Session, link_ids: list[int], entity_type: str, entity_id: int
) -> dict[tuple[int, str], Pairing]:
    statement = select(Pairing).where(
        Pairing.link_id.in_(link_ids),
        Pairing.entity_type == entity_type,
        Pairing.entity_id == entity_id,
        Pairing.state != PairingState.TOMBSTONE.value,
    )
    return {(row.link_id, row.actor_type): row for row in session.scalars(statement)}


def _failures(session: Session, pairings: list[Pairing]) -> dict[tuple[int, str, str], FailedRecord]:
    statement = select(FailedRecord).where(
        FailedRecord.link_id.in_({each.link_id for each in pairings}),
        FailedRecord.erp_key.in_({each.erp_key for each in pairings}),
        FailedRecord.state == FailureState.OPEN.value,
    )
    return {(row.link_id, row.actor_type, row.erp_key): row for row in session.scalars(statement)}


def _paired(row: LinkActorType, pairing: Pairing, failures: Mapping[tuple[int, str, str], FailedRecord]) -> PairedActor:
    failed = failures.get((pairing.link_id, pairing.actor_type, pairing.erp_key))
    return PairedActor(
        actor_type=row.name,
        label=actor_type_from_json(row.declaration).label,
        key=pairing.erp_key,
        fields=tuple(
            field_from_json(each.declaration) for each in row.fields if each.show_on_tab and each.missing_since is None
        ),
        synced_at=pairing.synced_at,
        is_gone=pairing.state == PairingState.GONE.value,
        base=pairing.base_erp,
        failure=failed.message if failed else "",
        instruction=failed.instruction if failed else "",
    )
