"""Reading what a page needs to know of pairings: a constant number of statements, whatever its size."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.orm import Session

from erp_links.sync.merge.sides import Bases
from erp_links.sync.models import Pairing, PairingState
from host.database import among, among_selected, is_on_postgresql, one_parameter, select_named

_TABLE = Pairing.__table__.c

KeyedBy = tuple[str, str]
"""Actor type and ERP key."""


@dataclass(frozen=True, slots=True)
class PairingGlance:
    """As much of a pairing as tells whether there is anything to do."""

    id: int
    entity_id: int | None
    state: str
    erp_timestamp: str
    content_hash: bytes | None

    def is_settled_at(self, digest: bytes) -> bool:
        """Whether a record with this content hash changes nothing."""
        return self.content_hash == digest and self.state == PairingState.PAIRED


@dataclass(frozen=True, slots=True)
class StoredPairing:
    """A pairing with its bases."""

    id: int
    erp_key: str
    entity_id: int | None
    state: str
    parent_type: str | None
    parent_key: str | None
    erp_timestamp: str
    content_hash: bytes | None
    bases: Bases


def nothing_settled() -> dict[str, Any]:
    """Return the columns of a pairing that remember values as they are where none is remembered, as in a tombstone."""
    return {"erp_timestamp": "", "base_erp": {}, "base_hub": {}, "row_keys": {}, "content_hash": None}


def any_pairings(session: Session, link_id: int, actor_type: str) -> bool:
    """Whether a link has paired, or has had paired, any record of a type."""
    statement = select(_TABLE.id).where(_TABLE.link_id == link_id, _TABLE.actor_type == actor_type).limit(1)
    return session.scalar(statement) is not None


def glance(session: Session, link_id: int, actor_type: str, keys: Collection[str]) -> dict[str, PairingGlance]:
    """Return the pairings of these ERP keys without their bases, by ERP key."""
    rows = session.connection().execute(_glance_statement(is_on_postgresql(session)), _named(link_id, actor_type, keys))
    return {row[0]: PairingGlance(*row[1:]) for row in rows}


def read_pairings(session: Session, link_id: int, actor_type: str, keys: Collection[str]) -> dict[str, StoredPairing]:
    """Return the pairings of these ERP keys with their bases, by ERP key, locked until the transaction ends."""
    rows = session.connection().execute(
        _pairing_statement(is_on_postgresql(session)), _named(link_id, actor_type, keys)
    )
    return {
        row[0]: StoredPairing(row[1], row[0], row[2], row[3], row[4], row[5], row[6], row[7], Bases(*row[8:]))
        for row in rows
    }


def read_parents(session: Session, link_id: int, parents: Collection[KeyedBy]) -> dict[KeyedBy, int]:
    """Return the entities that are paired with these actors."""
    if not parents:
        return {}
    rows = session.execute(
        select(Pairing.actor_type, Pairing.erp_key, Pairing.entity_id).where(
            Pairing.link_id == link_id,
            Pairing.actor_type.in_({actor_type for actor_type, _key in parents}),
            among(session, _TABLE.erp_key, {key for _actor_type, key in parents}),
            Pairing.state != PairingState.TOMBSTONE.value,
            Pairing.entity_id.is_not(None),
        )
    )
    return {
        (actor_type, key): entity_id
        for actor_type, key, entity_id in rows
        if entity_id is not None and (actor_type, key) in parents
    }


def read_taken(
    session: Session, link_id: int, entity_type: str, entity_ids: Collection[int]
) -> dict[int, list[KeyedBy]]:
    """Return, for each of these entities that is paired on this link, the actors that it is paired with."""
    if not entity_ids:
        return {}
    rows = session.execute(
        select(Pairing.entity_id, Pairing.actor_type, Pairing.erp_key).where(
            Pairing.link_id == link_id,
            Pairing.entity_type == entity_type,
            among(session, _TABLE.entity_id, entity_ids),
        )
    )
    taken: dict[int, list[KeyedBy]] = {}
    for entity_id, actor_type, erp_key in rows:
        if entity_id is not None:
            taken.setdefault(entity_id, []).append((actor_type, erp_key))
    return taken


def _named(link_id: int, actor_type: str, keys: Collection[str]) -> dict[str, Any]:
    return {"link": link_id, "type": actor_type, "keys": one_parameter(keys)}


# each page asks these, so they are made once per kind of database


@cache
def _glance_statement(is_postgresql: bool) -> Select[Any]:
    return _select_named(
        is_postgresql,
        [_TABLE.erp_key, _TABLE.id, _TABLE.entity_id, _TABLE.state, _TABLE.erp_timestamp, _TABLE.content_hash],
    )


@cache
def _pairing_statement(is_postgresql: bool) -> Select[Any]:
    return (
        select(
            _TABLE.erp_key,
            _TABLE.id,
            _TABLE.entity_id,
            _TABLE.state,
            _TABLE.parent_type,
            _TABLE.parent_key,
            _TABLE.erp_timestamp,
            _TABLE.content_hash,
            _TABLE.base_erp,
            _TABLE.base_hub,
            _TABLE.row_keys,
        )
        .where(among_selected(_TABLE.id, _select_named(is_postgresql, [_TABLE.id]), is_postgresql=is_postgresql))
        .order_by(_TABLE.id)
        .with_for_update()
    )


def _select_named(is_postgresql: bool, columns: list[ColumnElement[Any]]) -> Select[Any]:
    conditions = [_TABLE.link_id == bindparam("link"), _TABLE.actor_type == bindparam("type")]
    return select_named(columns, conditions, _TABLE.erp_key, "keys", is_postgresql=is_postgresql)
