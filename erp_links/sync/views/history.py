"""Reading runs and what they changed, as far as the one who asks may see them.

Administrators see the runs of all links, because they manage them. Values of an ERP are shown only to those who may
see its link, administrators or not.
"""

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, contains_eager, selectinload

from erp_links.links.models import ErpLink, LinkState
from erp_links.sync.models import Outcome, Run, RunStatus
from erp_links.visibility import visible
from host.accounts.principal import Principal
from host.errors import NotFoundError

RUNNING = "running"
"""The filter for runs that have not ended, beside the outcomes."""

RUN_FILTERS = (RUNNING, *(outcome.value for outcome in Outcome))


def seen_links(principal: Principal) -> ColumnElement[bool]:
    """Return the condition on `ErpLink` under which its runs and failed records may be seen."""
    if principal.is_administrator:
        return ErpLink.state != LinkState.DELETED.value
    return visible(principal)


def find_link(session: Session, principal: Principal, link_id: int) -> ErpLink:
    """Return a link whose runs the principal may see.

    Raises:
        NotFoundError: There is none; whether it exists at all is not told.
    """
    link = session.scalar(select(ErpLink).where(ErpLink.id == link_id, seen_links(principal)))
    if link is None:
        raise NotFoundError(_("this ERP link does not exist"))
    return link


def runs_query(principal: Principal, link_id: int | None = None, outcome: str = "") -> Select[Run]:
    """Return the query for runs that may be seen, with their links and passes; `outcome` is one of `RUN_FILTERS`."""
    query = (
        select(Run)
        .join(ErpLink, ErpLink.id == Run.link_id)
        .where(seen_links(principal))
        .options(contains_eager(Run.link), selectinload(Run.passes))
    )
    if link_id is not None:
        query = query.where(Run.link_id == link_id)
    if outcome == RUNNING:
        return query.where(Run.status != RunStatus.FINISHED.value)
    return query.where(Run.outcome == outcome) if outcome else query


def find_run(session: Session, principal: Principal, run_id: int, link_id: int | None = None) -> Run:
    """Return a run that may be seen.

    Raises:
        NotFoundError: There is none; whether it exists at all is not told.
    """
    run = session.scalars(runs_query(principal, link_id).where(Run.id == run_id)).one_or_none()
    if run is None:
        raise NotFoundError(_("this run does not exist"))
    return run


def sees_values(session: Session, principal: Principal, link_ids: Sequence[int]) -> frozenset[int]:
    """Return those of the links whose ERP values the principal may see."""
    return frozenset(session.scalars(select(ErpLink.id).where(ErpLink.id.in_(link_ids), visible(principal))))
