"""Saving a table between two lists: the whole of it, or nothing."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session, selectinload

from erp_links.links.finding import OBJECT_TYPE, link_to_change
from erp_links.links.models import ErpLink
from erp_links.mapping.full_read import FullReadReason, mark_full_push, mark_full_read
from erp_links.mapping.lists.pairs import JoinedLists, joined_list
from erp_links.mapping.models import LinkActorType, ListMapping, ListMappingItem
from erp_links.mapping.operations import lock_words
from host.audit.doer import Doer
from host.audit.models import AuditEntry
from host.audit.operations import changes_between, record
from host.crm.lists import items
from host.errors import ConflictError, InvalidInputError, StaleVersionError

ACTION = "erp_link.map_list"
"""The audit action of a saved table."""

LONGEST_KEY = 254

Entries = Sequence[tuple[str, str]]
"""Keys of the ERP's item and of the hub's, one pair for each entry."""


def save_table(
    session: Session,
    doer: Doer,
    link_id: int,
    erp_list: str,
    crm_list: str,
    entries: Entries,
    expected_version: int | None = None,
) -> JoinedLists:
    """Store all entries of the table between two lists.

    An item stands in one entry at most, on either side (spec 2.10). Items of the ERP are not looked up: it may be down,
    and an entry for an item that it does not have yet does no harm.

    Args:
        session: A writing session.
        doer: Who saves.
        link_id: The link.
        erp_list: Name of the ERP's list.
        crm_list: Key of the hub's list.
        entries: The entries, in place of all that are stored.
        expected_version: Version of the table that the doer has seen, 0 for one that was never saved; None where the
            doer has seen none.

    Returns:
        The two lists with the table as it is now.

    Raises:
        NotFoundError: There is no such link, or no mapped field joins the two lists.
        ConflictError: The link is active.
        StaleVersionError: The table has changed since.
        InvalidInputError: With every fault by path, such as `entries.3.crm_key`; nothing is stored.
    """
    link = link_to_change(session, link_id, None)
    before = joined_list(session, link, erp_list, crm_list)
    if expected_version is not None and before.version != expected_version:
        raise _stale(session, link)
    locked = lock_words(link)
    if locked:
        raise ConflictError(locked, _("deactivate the link, change the table and activate it again"))
    faults = table_faults(entries, set(items(session, crm_list)))
    if faults:
        raise InvalidInputError(faults)
    wanted = dict(entries)
    if wanted == before.entries:
        return before
    _store(session, link, before, wanted)
    _mark(session, link, before)
    name = f"{link.name}: {erp_list} ↔ {before.crm_name}"
    changes = changes_between(dict(before.entries), wanted)
    record(session, doer, ACTION, OBJECT_TYPE, link.id, name, changes)
    session.flush()
    return joined_list(session, link, erp_list, crm_list)


def table_faults(entries: Entries, crm_items: set[str]) -> dict[str, list[str]]:
    """Return everything that is wrong with the entries of a table, by path; an item that stands twice at each place."""
    faults: dict[str, list[str]] = {}
    by_erp: dict[str, list[int]] = {}
    by_crm: dict[str, list[int]] = {}
    for place, (erp_key, crm_key) in enumerate(entries):
        by_erp.setdefault(erp_key, []).append(place)
        by_crm.setdefault(crm_key, []).append(place)
        if not 0 < len(erp_key) <= LONGEST_KEY:
            words = _("must have between 1 and %(count)s characters", count=LONGEST_KEY)
            faults.setdefault(f"entries.{place}.erp_key", []).append(words)
        if crm_key not in crm_items:
            words = _("the CRM's list has no item “%(key)s”", key=crm_key)
            faults.setdefault(f"entries.{place}.crm_key", []).append(words)
    for erp_key, places in by_erp.items():
        for place in places if len(places) > 1 else ():
            words = _("“%(key)s” of the ERP stands here more than once", key=erp_key)
            faults.setdefault(f"entries.{place}.erp_key", []).append(words)
    for crm_key, places in by_crm.items():
        for place in places if len(places) > 1 and crm_key in crm_items else ():
            others = ", ".join(f"“{entries[other][0]}”" for other in places if other != place)
            words = _("“%(key)s” of the CRM goes with %(others)s as well", key=crm_key, others=others)
            faults.setdefault(f"entries.{place}.crm_key", []).append(words)
    return faults


def _store(session: Session, link: ErpLink, before: JoinedLists, wanted: dict[str, str]) -> None:
    table = session.scalar(
        select(ListMapping).where(
            ListMapping.link_id == link.id,
            ListMapping.erp_list == before.erp_list,
            ListMapping.crm_list == before.crm_list,
        )
    )
    if table is None:
        table = ListMapping(link_id=link.id, erp_list=before.erp_list, crm_list=before.crm_list, version=0)
        session.add(table)
    table.version += 1
    session.flush()
    # the old entries go before the new ones come: two that change places would meet in the unique keys
    session.execute(delete(ListMappingItem).where(ListMappingItem.table_id == table.id))
    rows: list[dict[str, Any]] = [
        {"table_id": table.id, "erp_key": erp_key, "crm_key": crm_key} for erp_key, crm_key in wanted.items()
    ]
    if rows:
        session.execute(insert(ListMappingItem), rows)
    session.expire(table, ["items"])


def _mark(session: Session, link: ErpLink, lists: JoinedLists) -> None:
    rows = session.scalars(
        select(LinkActorType)
        .where(LinkActorType.link_id == link.id, LinkActorType.name.in_(lists.actor_types), LinkActorType.active)
        .options(selectinload(LinkActorType.fields))
    )
    for row in rows:
        mark_full_read(row, FullReadReason.LISTS)
        mark_full_push(row, FullReadReason.LISTS)


def _stale(session: Session, link: ErpLink) -> StaleVersionError:
    last = session.scalar(
        select(AuditEntry)
        .where(
            AuditEntry.object_type == OBJECT_TYPE,
            AuditEntry.object_id == str(link.id),
            AuditEntry.action == ACTION,
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    return StaleVersionError(last.actor_name, last.at) if last else StaleVersionError()
