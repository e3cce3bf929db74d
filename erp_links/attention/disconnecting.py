"""Ending a pairing, and lifting the tombstone that it leaves (spec 3.6); the ERP is never asked or told."""

from flask_babel import gettext as _
from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from erp_links.attention.asking import ask_crm, ask_erp
from erp_links.attention.noting import note
from erp_links.sync.failures import Direction
from erp_links.sync.merge.ranking import origin_of
from erp_links.sync.models import Conflict, FailedRecord, Intent, IntentState, Pairing, PairingState
from erp_links.sync.pairings import nothing_settled
from host.audit.doer import Doer
from host.crm.models import OutboxEntry
from host.crm.registry import entity_types
from host.errors import ConflictError, NotFoundError


def disconnect(session: Session, pairing_id: int, doer: Doer) -> Pairing:
    """End a pairing; both records stay as they are, and no policy pairs or makes them again until a person says so.

    Raises:
        NotFoundError: There is no such pairing.
        ConflictError: It is a tombstone already, or a run is writing the record.
    """
    pairing = _locked(session, pairing_id)
    if pairing.state == PairingState.TOMBSTONE:
        raise ConflictError(_("this pairing was disconnected already"))
    _refuse_open_intent(session, pairing)
    pairing.state = PairingState.TOMBSTONE.value
    for column, value in nothing_settled().items():
        setattr(pairing, column, value)
    session.execute(
        delete(Conflict).where(Conflict.pairing_id == pairing.id).execution_options(synchronize_session=False)
    )
    _forget_failures(session, pairing)
    _forget_outbox(session, pairing)
    note(session, doer, pairing, "disconnected")
    return pairing


def lift(session: Session, pairing_id: int, doer: Doer) -> None:
    """Lift a tombstone: from the next run on, the policy for unpaired records holds for both sides again.

    Raises:
        NotFoundError: There is no such pairing.
        ConflictError: It is no tombstone.
    """
    pairing = _locked(session, pairing_id)
    if pairing.state != PairingState.TOMBSTONE:
        raise ConflictError(_("this pairing is no tombstone"))
    note(session, doer, pairing, "lifted")
    session.delete(pairing)
    session.flush()
    ask_erp(session, pairing.link_id, pairing.actor_type, pairing.erp_key)
    if pairing.entity_id is not None and pairing.entity_type in entity_types():
        ask_crm(session, pairing.link_id, pairing.entity_type, [pairing.entity_id])


def _locked(session: Session, pairing_id: int) -> Pairing:
    pairing = session.scalars(
        select(Pairing).where(Pairing.id == pairing_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if pairing is None:
        raise NotFoundError(_("this pairing does not exist"))
    return pairing


def _refuse_open_intent(session: Session, pairing: Pairing) -> None:
    open_intent = session.scalar(
        select(Intent.id)
        .where(
            Intent.link_id == pairing.link_id,
            Intent.actor_type == pairing.actor_type,
            Intent.state == IntentState.OPEN.value,
            or_(
                Intent.erp_key == pairing.erp_key,
                and_(Intent.entity_type == pairing.entity_type, Intent.entity_id == pairing.entity_id),
            ),
        )
        .limit(1)
    )
    if open_intent is not None:
        raise ConflictError(_("a run is writing it"), _("wait for the end of the run"))


def _forget_failures(session: Session, pairing: Pairing) -> None:
    of_key = and_(FailedRecord.direction == Direction.PULL.value, FailedRecord.erp_key == pairing.erp_key)
    of_entity = and_(
        FailedRecord.direction == Direction.PUSH.value,
        FailedRecord.entity_type == pairing.entity_type,
        FailedRecord.entity_id == pairing.entity_id,
    )
    session.execute(
        delete(FailedRecord)
        .where(
            FailedRecord.link_id == pairing.link_id,
            FailedRecord.actor_type == pairing.actor_type,
            or_(of_key, of_entity),
        )
        .execution_options(synchronize_session=False)
    )


def _forget_outbox(session: Session, pairing: Pairing) -> None:
    """Delete what the link still had to look at, unless the record is paired with another actor of it as well."""
    others = select(Pairing.id).where(
        Pairing.link_id == pairing.link_id,
        Pairing.entity_type == pairing.entity_type,
        Pairing.entity_id == pairing.entity_id,
        Pairing.state != PairingState.TOMBSTONE.value,
        Pairing.id != pairing.id,
    )
    session.execute(
        delete(OutboxEntry)
        .where(
            OutboxEntry.subscriber == origin_of(pairing.link_id),
            OutboxEntry.entity_type == pairing.entity_type,
            OutboxEntry.entity_id == pairing.entity_id,
            ~others.exists(),
        )
        .execution_options(synchronize_session=False)
    )
