"""Failed records: finding them, trying them again, leaving them as they are."""

from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink
from erp_links.sync.failures import FailureState
from erp_links.sync.models import FailedRecord
from erp_links.sync.reasons import WAITING
from erp_links.sync.views.history import seen_links
from host.accounts.principal import Principal
from host.audit.doer import Doer
from host.audit.operations import record
from host.errors import ConflictError, NotFoundError
from host.jobs.clock import read_clock

KINDS = ("failed", "waiting")
"""Records that failed, and those that only wait: for their parent, or for the next run."""


@dataclass(frozen=True, slots=True)
class FailedFilter:
    """Which failed records are wanted; what is empty does not narrow them.

    Attributes:
        kind: One of `KINDS`.
        state: A `FailureState`.
        direction: `pull` or `push`.
        text: Looked for in names, ERP keys and messages.
    """

    link_id: int | None = None
    reason: str = ""
    kind: str = ""
    state: str = FailureState.OPEN.value
    direction: str = ""
    actor_type: str = ""
    run_id: int | None = None
    text: str = ""


ALL_OPEN = FailedFilter()


def open_failures() -> ColumnElement[bool]:
    """Return the condition for records that failed and that nobody has dismissed; those that only wait are none."""
    return and_(
        FailedRecord.state == FailureState.OPEN.value,
        FailedRecord.reason.not_in([reason.value for reason in WAITING]),
    )


def failed_query(principal: Principal, wanted: FailedFilter = ALL_OPEN) -> Select[FailedRecord]:
    """Return the query for failed records that may be seen."""
    query = select(FailedRecord).join(ErpLink, ErpLink.id == FailedRecord.link_id).where(seen_links(principal))
    return query.where(*_conditions(wanted))


def count_by_reason(session: Session, principal: Principal, wanted: FailedFilter = ALL_OPEN) -> dict[str, int]:
    """Return how many failed records may be seen, by reason, the most frequent first; whatever reason is wanted."""
    unnarrowed = replace(wanted, reason="", kind="")
    named = failed_query(principal, unnarrowed).with_only_columns(FailedRecord.reason, func.count())
    counted = named.group_by(FailedRecord.reason).order_by(func.count().desc(), FailedRecord.reason)
    return {row[0]: row[1] for row in session.execute(counted)}


def find_failed(session: Session, principal: Principal, failed_id: int, link_id: int | None = None) -> FailedRecord:
    """Return a failed record that may be seen.

    Raises:
        NotFoundError: There is none; it may have been settled meanwhile.
    """
    query = failed_query(principal, FailedFilter(link_id=link_id, state="")).where(FailedRecord.id == failed_id)
    found = session.scalars(query).one_or_none()
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
    return _change_all(session, doer, link, reason, "retry_all", {"retry_at": read_clock(session)})


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


def dismiss_all(session: Session, doer: Doer, link: ErpLink, reason: str) -> int:
    """Leave all open failed records of a link with one reason as they are.

    Returns:
        How many they are.
    """
    values: dict[str, Any] = {"state": FailureState.DISMISSED.value, "retry_at": None}
    return _change_all(session, doer, link, reason, "dismiss_all", values)


def restore(session: Session, doer: Doer, failed: FailedRecord) -> None:
    """Take a dismissed record back among the open ones; the next run tries it again.

    Raises:
        ConflictError: It was not dismissed.
    """
    if failed.state != FailureState.DISMISSED:
        raise ConflictError(_("this failed record is open"))
    failed.state = FailureState.OPEN.value
    failed.retry_at = read_clock(session)
    record(session, doer, "failed_record.restore", "failed_record", failed.id, failed.erp_key)


def _change_all(session: Session, doer: Doer, link: ErpLink, reason: str, action: str, values: dict[str, Any]) -> int:
    """Change all open failed records of a link, or those with one reason, with one statement; say how many they are."""
    query = update(FailedRecord).where(FailedRecord.link_id == link.id, FailedRecord.state == FailureState.OPEN.value)
    if reason:
        query = query.where(FailedRecord.reason == reason)
    changed = session.execute(
        query.values(values).returning(FailedRecord.id).execution_options(synchronize_session=False)
    ).all()
    told = {"records": len(changed), "reason": reason} if reason else {"records": len(changed)}
    changes = {name: {"before": None, "after": value} for name, value in told.items()}
    record(session, doer, f"failed_record.{action}", "erp_link", link.id, link.name, changes)
    return len(changed)


def _conditions(wanted: FailedFilter) -> list[Any]:
    named = {
        FailedRecord.link_id: wanted.link_id,
        FailedRecord.reason: wanted.reason or None,
        FailedRecord.state: str(wanted.state) or None,
        FailedRecord.direction: wanted.direction or None,
        FailedRecord.actor_type: wanted.actor_type or None,
        FailedRecord.run_id: wanted.run_id,
    }
    conditions: list[Any] = [column == value for column, value in named.items() if value is not None]
    if wanted.kind:
        is_waiting = FailedRecord.reason.in_([reason.value for reason in WAITING])
        conditions.append(is_waiting if wanted.kind == "waiting" else ~is_waiting)
    if wanted.text:
        columns = (FailedRecord.label, FailedRecord.erp_key, FailedRecord.message)
        conditions.append(or_(*(column.icontains(wanted.text, autoescape=True) for column in columns)))
    return conditions
