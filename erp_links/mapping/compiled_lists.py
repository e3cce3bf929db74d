"""The lists that a compiled mapping uses: what the hub's have now, and the tables of the link between them."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.mapping.list_table import ListTable, list_table
from erp_links.mapping.models import ListMapping, ListMappingItem
from host.crm.models import CrmListItem

ListTexts = Mapping[str, Mapping[str, str]]
"""Display texts of the ERP's lists, by list name and item key."""

ListPair = tuple[str, str]
"""Name of an ERP's list and key of the hub's list that a field joins."""


def read_tables(
    session: Session, link_id: int, pairs: Collection[ListPair], texts: ListTexts
) -> dict[ListPair, ListTable]:
    """Return the look-ups of pairs of lists, with two statements however many there are.

    Args:
        session: A session.
        link_id: The link.
        pairs: The pairs of lists.
        texts: What the ERP's lists have now. Items of a list that is not among them are not known, and then no equal
            key is sent to it.
    """
    if not pairs:
        return {}
    items = _hub_items(session, {crm_list for _, crm_list in pairs})
    entries = _entries(session, link_id)
    return {
        (erp_list, crm_list): list_table(
            entries.get((erp_list, crm_list), {}), items.get(crm_list, set()), texts.get(erp_list)
        )
        for erp_list, crm_list in pairs
    }


def _hub_items(session: Session, list_keys: set[str]) -> dict[str, set[str]]:
    items: dict[str, set[str]] = {}
    rows = session.execute(
        select(CrmListItem.list_key, CrmListItem.key).where(CrmListItem.list_key.in_(sorted(list_keys)))
    )
    for list_key, key in rows:
        items.setdefault(list_key, set()).add(key)
    return items


def _entries(session: Session, link_id: int) -> dict[ListPair, dict[str, str]]:
    entries: dict[ListPair, dict[str, str]] = {}
    rows = session.execute(
        select(ListMapping.erp_list, ListMapping.crm_list, ListMappingItem.erp_key, ListMappingItem.crm_key)
        .join(ListMappingItem, ListMappingItem.table_id == ListMapping.id)
        .where(ListMapping.link_id == link_id)
    )
    for erp_list, crm_list, erp_key, crm_key in rows:
        entries.setdefault((erp_list, crm_list), {})[erp_key] = crm_key
    return entries
