"""Failed records: finding them, trying them again, leaving them as they are."""

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink
from erp_links.sync.failures import FailureState
from erp_links.sync.history import seen_links
from erp_links.sync.models import FailedRecord
from host.accounts.principal import Principal
from host.audit.doer import Doer
from host.audit.operations import record
from host.errors import ConflictError, NotFoundError
from host.jobs.clock import read_clock


def failed_query(
    principal: Principal,
    link_id: int | None = None,
    *,
    reason: str = "",
    state: str = FailureState.OPEN,
    run_id: int | None = None,
) -> Select[FailedRecord]:
    """Return the query for failed records that may be seen; an empty `state` means all."""
    query = select(FailedRecord).join(ErpLink, ErpLink.id == FailedRecord.link_id).where(seen_links(principal))
    conditions = {
        FailedRecord.link_id: link_id,
        FailedRecord.reason: reason or None,
        FailedRecord.state: str(state) or None,
        FailedRecord.run_id: run_id,
    }
    return query.where(*(column == value for column, value in conditions.items() if value is not None))


def count_by_reason(session: Session, principal: Principal, link_id: int | None = None) -> dict[str, int]:
    """Return how many open failed records may be seen, by reason, the most frequent first."""
    named = failed_query(principal, link_id).with_only_columns(FailedRecord.reason, func.count())
    counted = named.group_by(FailedRecord.reason).order_by(func.count().desc(), FailedRecord.reason)
    return {row[0]: row[1] for row in session.execute(counted)}


def find_failed(session: Session, principal: Principal, failed_id: int, link_id: int | None = None) -> FailedRecord:
    """Return a failed record that may be seen.

    Raises:
        NotFoundError: There is none; it may have been settled meanwhile.
    """
    found = session.scalars(
        failed_query(principal, link_id, state="").where(FailedRecord.id == failed_id)
    ).one_or_none()
    if found is None:
        raise NotFoundError(_("this failed record does not exist, it may have been settled meanwhile"))
    return found


def retry(session: Session, doer: Doer, failed: FailedRecord) -> None:
    """Let the next run of the link try a record again, whenever it would have been its turn."""
    failed.retry_at = read_clock(session)
    failed.state = FailureState.OPEN.value
    record(session, doer, "failed_record.retry", "failed_record", failed.id, failed.erp_key)


def retry_all(session: Session, doer: Doer, link: ErpLink, reason: str = "") -> int:
    """Let the next run of a link try all of its open failed records again, or those with one reason.

    Returns:
        How many they are.
    """
    at: datetime = read_clock(session)
    query = update(FailedRecord).where(FailedRecord.link_id == link.id, FailedRecord.state == FailureState.OPEN.value)
    if reason:
        query = query.where(FailedRecord.reason == reason)
    tried = session.execute(
        query.values(retry_at=at).returning(FailedRecord.id).execution_options(synchronize_session=False)
    ).all()
    record(session, doer, "failed_record.retry_all", "erp_link", link.id, link.name, {"records": len(tried)})
    return len(tried)


def dismiss(session: Session, doer: Doer, failed: FailedRecord) -> None:
    """Leave a record as it is: it is not tried again by itself, and not shown among the open ones.

    Raises:
        ConflictError: It was dismissed already.
    """
    if failed.state == FailureState.DISMISSED:
        raise ConflictError(_("this failed record was dismissed already"))
    failed.state = FailureState.DISMISSED.value
    failed.retry_at = None
    record(session, doer, "failed_record.dismiss", "failed_record", failed.id, failed.erp_key)
