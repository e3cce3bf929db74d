"""Deleting links: CRM records stay, everything that only the link held goes."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from erp_links.links.connecting import tell_deleted
from erp_links.links.finding import OBJECT_TYPE, link_to_change, secret_owner, state_owner
from erp_links.links.models import ErpLink, LinkAccess, LinkState, SyncPriority, TestProof
from erp_links.links.pausing import changed, lift
from erp_links.links.states import move
from erp_links.mapping.models import LinkActorType
from erp_links.mapping.subscribing import unsubscribe_link
from erp_links.runtime import LinkRuntime
from erp_links.sync.models import Conflict, FailedRecord, Intent, LogEntry, Pairing, Pass, Run
from erp_links.tracing.models import LinkTrace
from host.audit.doer import Doer
from host.audit.operations import record
from host.errors import InvalidInputError
from host.secrets import SecretStore

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Dropped:
    """How much goes with a link."""

    pairings: int
    actor_types: int
    runs: int
    failed_records: int
    secrets: int

    def words(self) -> Mapping[str, int]:
        """Return the counts under their names."""
        return {
            _("pairings"): self.pairings,
            _("mapped actor types"): self.actor_types,
            _("runs with their log"): self.runs,
            _("failed records"): self.failed_records,
            _("stored secrets"): self.secrets,
        }


def dropped_with(session: Session, runtime: LinkRuntime, link: ErpLink) -> Dropped:
    """Return what a deletion of the link would drop."""

    def count(model: type[Pairing | LinkActorType | Run | FailedRecord]) -> int:
        return session.scalar(select(func.count()).select_from(model).where(model.link_id == link.id)) or 0

    return Dropped(
        pairings=count(Pairing),
        actor_types=count(LinkActorType),
        runs=count(Run),
        failed_records=count(FailedRecord),
        secrets=len(SecretStore(session, runtime.secret_box).names(secret_owner(link.id))),
    )


def delete_link(
    runtime: LinkRuntime, doer: Doer, link_id: int, name: str, expected_version: int | None = None
) -> Dropped:
    """Delete a link in whatever state it is; its row stays, so that the audit log and its GUID keep their meaning.

    Args:
        runtime: Opens its own transaction, and tells the connector afterwards; what that answers changes nothing.
        doer: Who deletes.
        link_id: The link.
        name: Its name, typed by the doer to confirm.
        expected_version: The version that the doer has seen.

    Raises:
        NotFoundError: There is no such link.
        StaleVersionError: Somebody else has changed it since.
        InvalidInputError: The name is not the link's.
    """
    with runtime.database.writing() as session:
        link = link_to_change(session, link_id, expected_version)
        if name.strip() != link.name:
            raise InvalidInputError({"name": [_("is not the name of this ERP link")]})
        dropped = dropped_with(session, runtime, link)
        told = tell_deleted(session, runtime, link)
        _drop(session, runtime, link)
        move(link, LinkState.DELETED)
        lift(link)
        changed(link)
        link.deleted_at = datetime.now(UTC)
        changes = {key: {"before": count, "after": 0} for key, count in _counts(dropped).items() if count}
        record(session, doer, "erp_link.delete", OBJECT_TYPE, link.id, link.name, changes)
    told()
    return dropped


def _counts(dropped: Dropped) -> dict[str, int]:
    return {
        "pairings": dropped.pairings,
        "actor types": dropped.actor_types,
        "runs": dropped.runs,
        "failed records": dropped.failed_records,
        "secrets": dropped.secrets,
    }


def _drop(session: Session, runtime: LinkRuntime, link: ErpLink) -> None:
    session.execute(delete(LogEntry).where(LogEntry.link_id == link.id))
    session.execute(delete(FailedRecord).where(FailedRecord.link_id == link.id))
    session.execute(delete(Conflict).where(Conflict.link_id == link.id))
    session.execute(delete(Intent).where(Intent.link_id == link.id))
    session.execute(delete(Pass).where(Pass.link_id == link.id))
    session.execute(delete(Run).where(Run.link_id == link.id))
    session.execute(delete(Pairing).where(Pairing.link_id == link.id))
    # fields go with their actor types by the database's own rule
    session.execute(delete(LinkActorType).where(LinkActorType.link_id == link.id))
    session.execute(delete(LinkAccess).where(LinkAccess.link_id == link.id))
    session.execute(delete(SyncPriority).where(SyncPriority.link_id == link.id))
    session.execute(delete(LinkTrace).where(LinkTrace.link_id == link.id))
    session.execute(delete(TestProof).where(TestProof.guid == link.guid))
    unsubscribe_link(session, link.id)
    store = SecretStore(session, runtime.secret_box)
    store.remove(secret_owner(link.id))
    store.remove(state_owner(link.id))
    session.expire(link, ["access"])
    link.configuration = {}
