"""Reading the lists that fields choose from."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from host.crm.fields import CrmField, CrmType
from host.crm.models import CrmListItem

Items = dict[str, str]
"""Names of list items by their stable key, in the order in which people see them."""


def items(session: Session, list_key: str, *, active_only: bool = False) -> Items:
    """Return the items of a list; inactive ones are kept for the records that still hold them."""
    return items_of_lists(session, [list_key], active_only=active_only)[list_key]


def items_of_lists(session: Session, list_keys: Collection[str], *, active_only: bool = False) -> dict[str, Items]:
    """Return the items of several lists by list key, with one statement."""
    found: dict[str, Items] = {key: {} for key in list_keys}
    if not found:
        return found
    statement = (
        select(CrmListItem.list_key, CrmListItem.key, CrmListItem.name)
        .where(CrmListItem.list_key.in_(found))
        .order_by(CrmListItem.rank, CrmListItem.name, CrmListItem.id)
    )
    if active_only:
        statement = statement.where(CrmListItem.active)
    for list_key, key, name in session.execute(statement):
        found[list_key][key] = name
    return found


def items_for(session: Session, fields: Collection[CrmField], *, active_only: bool = False) -> dict[str, Items]:
    """Return the items of the lists that these fields and the columns of their rows choose from, by list key."""
    several = [each for field in fields for each in (field, *field.row_fields)]
    list_keys = {field.list_key for field in several if field.type is CrmType.LIST}
    return items_of_lists(session, list_keys, active_only=active_only)
