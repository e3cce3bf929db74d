"""Conflicts that wait: fields that both sides changed, and for which the mapping asks a person."""

from collections.abc import Mapping

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from erp_links.attention.asking import ask_crm
from erp_links.links.models import ErpLink
from erp_links.sync.models import Conflict, Pairing
from erp_links.sync.views.history import seen_links
from host.accounts.principal import Principal
from host.audit.doer import Doer
from host.audit.operations import record
from host.errors import InvalidInputError, NotFoundError, StaleVersionError
from host.jobs.clock import read_clock

SIDES = ("crm", "erp")
"""Whose value may be chosen."""


def conflicts_query(
    principal: Principal, link_id: int | None = None, *, run_id: int | None = None, state: str = ""
) -> Select[Conflict]:
    """Return the query for the conflicts that may be seen.

    Args:
        principal: Who asks.
        link_id: Only those of one link.
        run_id: Only those that one run found.
        state: `open` for those that wait for a person, `chosen` for those that wait for the next run, empty for both.
    """
    query = select(Conflict).join(ErpLink, ErpLink.id == Conflict.link_id).where(seen_links(principal))
    if link_id is not None:
        query = query.where(Conflict.link_id == link_id)
    if run_id is not None:
        query = query.where(Conflict.run_id == run_id)
    if state:
        query = query.where(Conflict.choice.is_(None) if state == "open" else Conflict.choice.is_not(None))
    return query


def find_conflict(session: Session, principal: Principal, conflict_id: int, link_id: int | None = None) -> Conflict:
    """Return a conflict that may be seen.

    Raises:
        NotFoundError: There is none; a run may have settled it meanwhile.
    """
    found = session.scalars(conflicts_query(principal, link_id).where(Conflict.id == conflict_id)).one_or_none()
    if found is None:
        raise _settled()
    return found


def choose(session: Session, conflict_id: int, side: str, doer: Doer, expected_version: int | None = None) -> Conflict:
    """Decide which side wins a conflict; the next run of the link carries it out.

    Args:
        session: A writing session.
        conflict_id: The conflict.
        side: One of `SIDES`.
        doer: An administrator.
        expected_version: The version that the doer has seen, or None.

    Raises:
        InvalidInputError: The side is none.
        NotFoundError: A run has settled it meanwhile.
        StaleVersionError: Somebody else has decided, or one of the two values is another by now.
    """
    return choose_all(session, {conflict_id: expected_version}, side, doer)[0]


def choose_all(
    session: Session, versions: Mapping[int, int | None], side: str, doer: Doer, link_id: int | None = None
) -> list[Conflict]:
    """Decide several conflicts at once, all of them or none.

    Args:
        session: A writing session.
        versions: {conflict: the version that the doer has seen, or None}.
        side: One of `SIDES`.
        doer: An administrator.
        link_id: The link that all of them have to be of, or None.

    Raises:
        InvalidInputError: The side is none.
        NotFoundError: A run has settled one of them meanwhile.
        StaleVersionError: Somebody else has decided one, or one of its values is another by now.
    """
    if side not in SIDES:
        raise InvalidInputError({"side": [_("must be crm or erp")]})
    conflicts = _locked(session, versions, link_id)
    if len(conflicts) < len(versions):
        raise _settled()
    at = read_clock(session)
    for conflict in conflicts:
        expected = versions[conflict.id]
        if expected is not None and expected != conflict.version:
            raise StaleVersionError
        before = conflict.choice
        conflict.choice, conflict.chosen_by, conflict.chosen_at = side, doer.user_id, at
        conflict.version += 1
        change = {conflict.crm_field: {"before": before, "after": side}}
        record(session, doer, "conflict.choose", "sync_conflict", conflict.id, conflict.crm_field, change)
    session.flush()
    _hand_to_next_run(session, conflicts)
    return conflicts


def _locked(session: Session, versions: Mapping[int, int | None], link_id: int | None) -> list[Conflict]:
    """Return the conflicts, locked: first their pairings in order of id, as a run locks them."""
    named = Conflict.id.in_(list(versions))
    session.execute(
        select(Pairing.id)
        .where(Pairing.id.in_(select(Conflict.pairing_id).where(named)))
        .order_by(Pairing.id)
        .with_for_update()
    ).all()
    query = select(Conflict).where(named).order_by(Conflict.id).with_for_update()
    if link_id is not None:
        query = query.where(Conflict.link_id == link_id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def _hand_to_next_run(session: Session, conflicts: list[Conflict]) -> None:
    rows = session.execute(
        select(Pairing.link_id, Pairing.entity_type, Pairing.entity_id).where(
            Pairing.id.in_({conflict.pairing_id for conflict in conflicts})
        )
    )
    waiting: dict[tuple[int, str], set[int]] = {}
    for link_id, entity_type, entity_id in rows:
        if entity_id is None:
            continue  # the record was deleted in the hub, and its conflicts go with the next run
        waiting.setdefault((link_id, entity_type), set()).add(entity_id)
    for (link_id, entity_type), ids in sorted(waiting.items()):
        ask_crm(session, link_id, entity_type, ids)


def _settled() -> NotFoundError:
    return NotFoundError(_("this conflict does not exist, a run may have settled it meanwhile"))
