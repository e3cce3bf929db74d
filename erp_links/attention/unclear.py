"""Unclear creates: the ERP may have made a record and did not say so; never sent again without a person."""

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from erp_links.attention.asking import ask_crm
from erp_links.attention.looking import require_in_erp
from erp_links.attention.pairing import pair
from erp_links.links.finding import managed_link
from erp_links.links.models import ErpLink
from erp_links.runtime import LinkRuntime
from erp_links.sync.models import Intent, IntentState, Pairing
from erp_links.sync.views.history import seen_links
from host.accounts.principal import Principal
from host.audit.doer import Doer
from host.audit.operations import record
from host.errors import NotFoundError


def unclear_query(principal: Principal, link_id: int | None = None, *, run_id: int | None = None) -> Select[Intent]:
    """Return the query for the unclear creates that may be seen."""
    query = (
        select(Intent)
        .join(ErpLink, ErpLink.id == Intent.link_id)
        .where(seen_links(principal), Intent.state == IntentState.UNCLEAR.value)
    )
    if link_id is not None:
        query = query.where(Intent.link_id == link_id)
    return query if run_id is None else query.where(Intent.run_id == run_id)


def find_unclear(session: Session, principal: Principal, intent_id: int, link_id: int | None = None) -> Intent:
    """Return an unclear create that may be seen.

    Raises:
        NotFoundError: There is none; it may have been settled meanwhile.
    """
    found = session.scalars(unclear_query(principal, link_id).where(Intent.id == intent_id)).one_or_none()
    if found is None:
        raise _settled()
    return found


def settle_as_made(runtime: LinkRuntime, intent_id: int, erp_key: str, doer: Doer) -> Pairing:
    """Settle an unclear create: the ERP made the record, under this key.

    The ERP is asked for the key first, outside any transaction; the two are then paired, and the next run merges them.

    Raises:
        NotFoundError: Somebody or a run has settled it meanwhile.
        InvalidInputError: The ERP has no record with this key.
        ConflictError: That record is paired with another one already, or the link's ERP may not be asked.
        UpstreamError: The ERP does not answer.
    """
    with runtime.database.reading() as session:
        intent = _present(session, intent_id)
        link_id, actor_type = intent.link_id, intent.actor_type
    require_in_erp(runtime, link_id, actor_type, erp_key)
    with runtime.database.writing() as session:
        intent = _present(session, intent_id)
        link = managed_link(session, link_id)
        entity_id, name = intent.entity_id, intent.label
        session.delete(intent)
        session.flush()
        pairing = pair(session, link, actor_type, erp_key, entity_id, doer)
        change = {"erp_key": {"before": None, "after": pairing.erp_key}}
        record(session, doer, "unclear_create.made", "sync_intent", intent_id, name, change)
        return pairing


def settle_as_not_made(session: Session, intent_id: int, doer: Doer) -> None:
    """Settle an unclear create: the ERP did not make the record. The next run sends it again.

    Raises:
        NotFoundError: Somebody or a run has settled it meanwhile.
    """
    intent = _present(session, intent_id)
    record(session, doer, "unclear_create.not_made", "sync_intent", intent.id, intent.label)
    session.delete(intent)
    session.flush()
    ask_crm(session, intent.link_id, intent.entity_type, [intent.entity_id])


def _present(session: Session, intent_id: int) -> Intent:
    intent = session.scalars(
        select(Intent)
        .where(Intent.id == intent_id, Intent.state == IntentState.UNCLEAR.value)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if intent is None:
        raise _settled()
    return intent


def _settled() -> NotFoundError:
    return NotFoundError(_("this unclear create does not exist, it may have been settled meanwhile"))
