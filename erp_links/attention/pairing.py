"""Pairing a record of the ERP with one of the hub because a person says so."""

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import and_, delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from erp_links.attention.asking import ask_crm, ask_erp
from erp_links.attention.noting import note
from erp_links.links.models import ErpLink
from erp_links.mapping.models import LinkActorType
from erp_links.sync.failures import Direction
from erp_links.sync.models import FailedRecord, Intent, IntentState, Pairing, PairingState
from host.audit.doer import Doer
from host.crm.registry import entity_types
from host.crm.tables import table_of
from host.errors import ConflictError, InvalidInputError
from host.jobs.clock import read_clock
from sync_connectors.codec import actor_type_from_json

LONGEST_KEY = 254


@dataclass(frozen=True, slots=True)
class _Pair:
    """What is to be paired."""

    link: ErpLink
    row: LinkActorType
    erp_key: str
    entity_id: int

    @property
    def allows_several(self) -> bool:
        """Whether an entity may be paired with actors of several types."""
        return actor_type_from_json(self.row.declaration).capabilities.several_actors_per_entity


def pair(session: Session, link: ErpLink, actor_type: str, erp_key: str, entity_id: int, doer: Doer) -> Pairing:
    """Pair a record of the ERP with one of the hub; the next run merges the two, field by field.

    Tombstones of either side are lifted, for the person wants the record. Nothing is asked of the ERP.

    Args:
        session: A writing session.
        link: The link.
        actor_type: Name of a mapped actor type of it.
        erp_key: Key of the record in the ERP.
        entity_id: Id of the record of the hub, of the entity type that the actor type is mapped to.
        doer: An administrator.

    Raises:
        InvalidInputError: There is no such actor type, or no such record of the hub; or the key is none.
        ConflictError: One of the two is paired with another record, or a run is writing it.
    """
    wanted = _Pair(link, _type_row(session, link.id, actor_type), _checked_key(erp_key), entity_id)
    _lock_entity(session, wanted)
    _make_room(session, wanted)
    _refuse_open_intent(session, wanted)
    failed = _pull_failure(session, wanted)
    pairing = Pairing(
        link_id=link.id,
        actor_type=actor_type,
        erp_key=wanted.erp_key,
        parent_type=failed.parent_type if failed else None,
        parent_key=failed.parent_key if failed else None,
        entity_type=wanted.row.entity_type,
        entity_id=entity_id,
        state=PairingState.PAIRED.value,
        paired_at=read_clock(session),
    )
    try:
        with session.begin_nested():
            session.add(pairing)
    except IntegrityError:
        # a run paired one of the two between the look and the insert; the unique constraints decide
        raise ConflictError(_("one of the two was paired meanwhile"), _("load the page again")) from None
    _forget_push_failure(session, wanted)
    ask_erp(session, link.id, actor_type, wanted.erp_key)
    ask_crm(session, link.id, wanted.row.entity_type, [entity_id])
    note(session, doer, pairing, "paired")
    return pairing


def _type_row(session: Session, link_id: int, actor_type: str) -> LinkActorType:
    row = session.scalars(
        select(LinkActorType).where(LinkActorType.link_id == link_id, LinkActorType.name == actor_type)
    ).one_or_none()
    if row is None or row.entity_type not in entity_types():
        raise InvalidInputError({"actor_type": [_("is no mapped actor type of this ERP link")]})
    return row


def _checked_key(erp_key: str) -> str:
    key = erp_key.strip()
    if not key or len(key) > LONGEST_KEY:
        raise InvalidInputError({"erp_key": [_("must be a key of 1 to %(count)s characters", count=LONGEST_KEY)]})
    return key


def _lock_entity(session: Session, wanted: _Pair) -> None:
    table = table_of(wanted.row.entity_type)
    found = session.execute(select(table.c.id).where(table.c.id == wanted.entity_id).with_for_update()).first()
    if found is None:
        raise InvalidInputError({"entity_id": [_("there is no such record in the CRM")]})


def _make_room(session: Session, wanted: _Pair) -> None:
    """Lift the tombstones that are in the way, and refuse what is paired."""
    of_entity = and_(
        Pairing.entity_type == wanted.row.entity_type,
        Pairing.entity_id == wanted.entity_id,
    )
    of_key = and_(Pairing.actor_type == wanted.row.name, Pairing.erp_key == wanted.erp_key)
    present = session.scalars(
        select(Pairing)
        .where(Pairing.link_id == wanted.link.id, or_(of_key, of_entity))
        .order_by(Pairing.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for each in present:
        is_own_type = each.actor_type == wanted.row.name
        if each.state == PairingState.TOMBSTONE:
            if is_own_type:
                session.delete(each)
        elif is_own_type or not wanted.allows_several:
            raise _taken(each, wanted)
    session.flush()


def _taken(present: Pairing, wanted: _Pair) -> ConflictError:
    instruction = _("disconnect that pairing first")
    if present.erp_key == wanted.erp_key and present.actor_type == wanted.row.name:
        if present.entity_id == wanted.entity_id:
            return ConflictError(_("the two are paired already"))
        return ConflictError(_("%(key)s is paired with another record of the CRM", key=wanted.erp_key), instruction)
    return ConflictError(_("the record of the CRM is paired with %(key)s", key=present.erp_key), instruction)


def _refuse_open_intent(session: Session, wanted: _Pair) -> None:
    intents = session.scalars(
        select(Intent)
        .where(
            Intent.link_id == wanted.link.id,
            Intent.actor_type == wanted.row.name,
            or_(
                and_(Intent.entity_type == wanted.row.entity_type, Intent.entity_id == wanted.entity_id),
                Intent.erp_key == wanted.erp_key,
            ),
        )
        .with_for_update()
    ).all()
    if any(intent.state == IntentState.OPEN for intent in intents):
        raise ConflictError(_("a run is writing it"), _("wait for the end of the run"))
    for intent in intents:
        # whether the ERP made a record of it is answered by naming the one it is
        session.delete(intent)


def _pull_failure(session: Session, wanted: _Pair) -> FailedRecord | None:
    return session.scalars(
        select(FailedRecord).where(
            FailedRecord.link_id == wanted.link.id,
            FailedRecord.actor_type == wanted.row.name,
            FailedRecord.erp_key == wanted.erp_key,
            FailedRecord.direction == Direction.PULL.value,
        )
    ).one_or_none()


def _forget_push_failure(session: Session, wanted: _Pair) -> None:
    session.execute(
        delete(FailedRecord)
        .where(
            FailedRecord.link_id == wanted.link.id,
            FailedRecord.actor_type == wanted.row.name,
            FailedRecord.entity_type == wanted.row.entity_type,
            FailedRecord.entity_id == wanted.entity_id,
            FailedRecord.direction == Direction.PUSH.value,
        )
        # whoever chose between ambiguous records holds the row, and SQLite may give its id to the next one
        .execution_options(synchronize_session="fetch")
    )
