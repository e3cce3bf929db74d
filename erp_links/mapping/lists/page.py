"""What the page of the list mapping shows, made ready for its template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from erp_links.mapping.list_table import list_table
from erp_links.mapping.lists.pairs import JoinedLists
from erp_links.mapping.lists.reading import ErpItems, ErpLists
from host.crm.lists import Items, items_of_lists
from host.crm.values import fold

MOST_OPTIONS = 12_000
"""Above so many choices on one page, items are typed with suggestions, for each list costs room."""


@dataclass(frozen=True, slots=True)
class PairShown:
    """One pair of lists on the left of the page; the counts are None while the ERP's items are not known."""

    lists: JoinedLists
    mapped: int | None
    unmapped: int | None


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item of the ERP on the right.

    Attributes:
        chosen: What is chosen for it: a key of the hub's list, or what was typed; empty for no selection.
        applies: What applies without a choice, in words; empty where nothing does.
        is_gone: The ERP's list does not have it any more.
        is_proposed: The choice was proposed just now and is not saved.
    """

    erp_key: str
    erp_text: str
    chosen: str
    applies: str
    is_gone: bool
    is_proposed: bool
    faults: list[str]


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a form says of a table: its rows as they were sent, and what is wrong with them by the ERP's key."""

    chosen: Mapping[str, str]
    proposed: frozenset[str] = frozenset()
    faults: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TableShown:
    """The right side of the page. `is_typed` says that items are typed and not chosen from a list."""

    lists: JoinedLists
    crm_items: Items
    rows: list[ItemRow]
    is_typed: bool
    is_known: bool


def pairs_shown(session: Session, all_lists: Sequence[JoinedLists], erp: ErpLists) -> list[PairShown]:
    """Return the left side of the page."""
    hub = items_of_lists(session, {each.crm_list for each in all_lists})
    return [_pair(each, hub[each.crm_list], erp.items.get(each.erp_list)) for each in all_lists]


def table_shown(
    session: Session, lists: JoinedLists, erp_items: ErpItems | None, submitted: Submitted | None = None
) -> TableShown:
    """Return the right side of the page: one row for each item of the ERP, or that an entry names.

    Args:
        session: A session.
        lists: The pair of lists with the stored table.
        erp_items: What the ERP's list has; None while it cannot be read.
        submitted: What is shown in place of the stored table.
    """
    crm_items = items_of_lists(session, [lists.crm_list])[lists.crm_list]
    chosen = lists.entries if submitted is None else submitted.chosen
    known = erp_items or {}
    keys = list(dict.fromkeys([*known, *lists.entries, *chosen]))
    entries = {key: crm_key for key, crm_key in chosen.items() if crm_key in crm_items}
    applying = list_table(entries, crm_items, erp_items).to_crm
    said = submitted or Submitted({})
    rows = [
        ItemRow(
            erp_key=key,
            erp_text=known.get(key, ""),
            chosen=chosen.get(key, ""),
            applies="" if chosen.get(key) else _applies(applying.get(key), crm_items),
            is_gone=erp_items is not None and key not in known,
            is_proposed=key in said.proposed,
            faults=list(said.faults.get(key, [])),
        )
        for key in keys
    ]
    is_typed = len(rows) * len(crm_items) > MOST_OPTIONS
    return TableShown(lists, crm_items, rows, is_typed, erp_items is not None)


def key_of(typed: str, crm_items: Items) -> str:
    """Return the key of the item that was chosen by its key, or typed by its name; else what was typed."""
    wanted = typed.strip()
    if not wanted or wanted in crm_items:
        return wanted
    found = [key for key, name in crm_items.items() if fold(name) == fold(wanted)]
    return found[0] if len(found) == 1 else wanted


def _pair(lists: JoinedLists, hub: Items, erp_items: ErpItems | None) -> PairShown:
    if erp_items is None:
        return PairShown(lists, None, None)
    table = list_table(lists.entries, hub, erp_items)
    mapped = sum(1 for key in erp_items if key in table.to_crm)
    return PairShown(lists, mapped, len(erp_items) - mapped)


def _applies(crm_key: str | None, crm_items: Items) -> str:
    if crm_key is None:
        return ""
    return str(_("equal key: %(item)s", item=crm_items.get(crm_key, crm_key)))
