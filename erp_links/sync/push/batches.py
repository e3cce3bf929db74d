"""Reading what one batch on its way to the ERP needs to know: a constant number of statements, whatever its size."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from erp_links.sync.failures import Direction, any_failures
from erp_links.sync.merge.conflicts import Choices, read_choices
from erp_links.sync.merge.sides import Bases
from erp_links.sync.models import Pairing, PairingState
from erp_links.sync.pairings import StoredPairing
from erp_links.sync.push.cases import Case, StoredIntent
from erp_links.sync.push.intents import any_intents, read_intents
from erp_links.sync.push.moving import base_parent
from erp_links.sync.push.push_failures import known_push_failures
from erp_links.sync.push.push_types import PushType, hub_keys
from host.crm import bulk
from host.crm.record import Record
from host.database import among_parameter, is_on_postgresql, one_parameter
from sync_connectors import ActorReference

OfEntity = Mapping[int, Mapping[str, StoredPairing]]
"""The pairings of a link, by entity and actor type."""

KeyedById = tuple[str, int]
"""Actor type and id of the record."""

_PAIRING = Pairing.__table__.c


class CaseReader:
    """Reads the records of one entity as cases of the actor types that they go to the ERP as."""

    def __init__(self, session: Session, link_id: int, types: Sequence[PushType], *, may_ask: bool) -> None:
        """Take the types, and whether people may have been asked about conflicts.

        What the pass itself leaves open or failed is about records that it has passed by, so it is enough to look once
        whether there is anything of the kind.
        """
        self._link_id = link_id
        self._types = types
        self._may_ask = may_ask
        names = [each.name for each in types]
        self._any_intents = any_intents(session, link_id, names)
        self._any_failures = any_failures(session, link_id, names, Direction.PUSH)
        self._entity_type = types[0].mapping.entity.key
        self._keys = hub_keys(types)

    def read(self, session: Session, fields: Mapping[int, frozenset[str]]) -> list[Case]:
        """Return the cases of the records that exist, by type and then in id order.

        Args:
            session: A session.
            fields: The fields that changed, by id of the record; empty means any.
        """
        ids = list(fields)
        records = bulk.read_many(session, self._entity_type, ids, self._keys)
        pairings = read_pairings_of(session, self._link_id, self._entity_type, ids)
        names = [each.name for each in self._types]
        of_link = (session, self._link_id, names, self._entity_type, ids)
        intents = read_intents(*of_link) if self._any_intents else {}
        failures = known_push_failures(*of_link) if self._any_failures else {}
        choices = self._choices(session, pairings)
        cases: list[Case] = []
        for each in self._types:
            made = [
                self._case(each, record, pairings.get(record.id, {}), intents, choices) for record in records.values()
            ]
            for case in made:
                case.fields = fields[case.entity_id]
                case.known = failures.get((each.name, case.entity_id))
            self._find_parents(session, each, made)
            cases += made
        return cases

    def _case(
        self,
        push_type: PushType,
        record: Record,
        pairings: Mapping[str, StoredPairing],
        intents: Mapping[KeyedById, StoredIntent],
        choices: Choices,
    ) -> Case:
        pairing = pairings.get(push_type.name)
        others = (
            (name, other.erp_key)
            for name, other in pairings.items()
            if name != push_type.name and other.state != PairingState.TOMBSTONE
        )
        return Case(
            push_type,
            record,
            pairing,
            others=tuple(others),
            intent=intents.get((push_type.name, record.id)),
            choices=choices.get(pairing.id, {}) if pairing is not None else {},
        )

    def _choices(self, session: Session, pairings: OfEntity) -> Choices:
        if not self._may_ask:
            return {}
        return read_choices(session, [each.id for of_entity in pairings.values() for each in of_entity.values()])

    def _find_parents(self, session: Session, push_type: PushType, cases: Sequence[Case]) -> None:
        parent_field = push_type.mapping.parent_field
        # of what is paired, only a record that may have been moved
        asking = [
            case
            for case in cases
            if parent_field and (case.pairing is None or not case.fields or parent_field in case.fields)
        ]
        wanted = {value for case in asking if isinstance(value := case.record.values[parent_field], int)}
        if not wanted:
            return
        references = push_type.mapping.entity.by_key[parent_field].references
        paired = read_pairings_of(session, self._link_id, references, wanted)
        for case in asking:
            value = case.record.values[parent_field]
            if isinstance(value, int):
                case.parent = _parent_of(case, push_type.mapping.actor_type.parents, paired.get(value, {}))
                case.waits = case.parent is None


def read_pairings_of(session: Session, link_id: int, entity_type: str, entity_ids: Collection[int]) -> OfEntity:
    """Return the pairings of these records on a link with their bases, tombstones among them."""
    if not entity_ids:
        return {}
    is_postgresql = is_on_postgresql(session)
    asked = {"link": link_id, "entity": entity_type, "ids": one_parameter(entity_ids)}
    rows = session.connection().execute(_pairings_statement(is_postgresql), asked)
    found: dict[int, dict[str, StoredPairing]] = {}
    for row in rows:
        found.setdefault(row[0], {})[row[1]] = _stored(row)
    return found


@cache
def _pairings_statement(is_postgresql: bool) -> Select[Any]:
    return select(
        _PAIRING.entity_id,
        _PAIRING.actor_type,
        _PAIRING.id,
        _PAIRING.erp_key,
        _PAIRING.state,
        _PAIRING.parent_type,
        _PAIRING.parent_key,
        _PAIRING.erp_timestamp,
        _PAIRING.content_hash,
        _PAIRING.base_erp,
        _PAIRING.base_hub,
        _PAIRING.row_keys,
    ).where(
        _PAIRING.link_id == bindparam("link"),
        _PAIRING.entity_type == bindparam("entity"),
        among_parameter(_PAIRING.entity_id, "ids", is_postgresql=is_postgresql),
    )


def _stored(row: Any) -> StoredPairing:
    return StoredPairing(row[2], row[3], row[0], row[4], row[5], row[6], row[7], row[8], Bases(*row[9:12]))


def _parent_of(case: Case, parents: Sequence[str], pairings: Mapping[str, StoredPairing]) -> ActorReference | None:
    """Return the actor that a record lies below; where the parent is paired with several, the one that it lay below."""
    base = base_parent(case.pairing) if case.pairing is not None else None
    if base is not None and (held := pairings.get(base.actor_type)) is not None and held.erp_key == base.key:
        return base
    return _first(parents, pairings)


def _first(parents: Sequence[str], pairings: Mapping[str, StoredPairing]) -> ActorReference | None:
    """Return the actor of the first declared parent type that the parent is paired as."""
    for name in parents:
        pairing = pairings.get(name)
        if pairing is not None and pairing.state == PairingState.PAIRED:
            return ActorReference(name, pairing.erp_key)
    return None
