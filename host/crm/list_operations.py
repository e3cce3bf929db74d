"""What an administrator does with lists. Keys of items never change: records and mappings hold them."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.orm import Session

from host.audit.doer import Doer
from host.audit.operations import changes_between, record, stale_version
from host.crm.expressions import value_expression
from host.crm.fields import CrmField
from host.crm.models import CrmList, CrmListItem, CustomField
from host.crm.registry import entity_types, fields_of
from host.crm.tables import rows_table_of, table_of
from host.errors import ConflictError, InvalidInputError, NotFoundError

KEY_LENGTH = 64
NAME_LENGTH = 254


def list_of(session: Session, list_key: str) -> CrmList:
    """Return a list.

    Raises:
        NotFoundError: there is none with this key.
    """
    found = session.get(CrmList, list_key)
    if found is None:
        raise NotFoundError(f"there is no list {list_key!r}")
    return found


def all_items(session: Session, list_key: str) -> list[CrmListItem]:
    """Return the items of a list, also inactive ones, in the order in which people see them."""
    statement = select(CrmListItem).where(CrmListItem.list_key == list_key)
    return list(session.scalars(statement.order_by(CrmListItem.rank, CrmListItem.name, CrmListItem.id)))


def add_list(session: Session, doer: Doer, name: str) -> CrmList:
    """Add a list for user-defined fields; its key is made of its name.

    Raises:
        InvalidInputError: the name is empty, too long or taken.
    """
    named = _name(name)
    if session.scalar(select(CrmList.key).where(func.lower(CrmList.name) == named.lower())):
        raise InvalidInputError({"name": [_("there is a list of this name already")]})
    added = CrmList(key=free_key(named, set(session.scalars(select(CrmList.key)))), name=named, version=1)
    session.add(added)
    session.flush()
    record(session, doer, "list.create", "list", added.key, named, changes_between({}, {"name": named}))
    return added


def rename_list(session: Session, doer: Doer, list_key: str, name: str, expected_version: int) -> CrmList:
    """Give a list another name.

    Raises:
        NotFoundError: there is no such list.
        StaleVersionError: somebody changed the list meanwhile.
        InvalidInputError: the name is empty or too long.
    """
    changed = _expected(session, list_key, expected_version)
    before, changed.name = changed.name, _name(name)
    record(
        session, doer, "list.change", "list", list_key, changed.name, changes_between({"name": before}, {"name": name})
    )
    return changed


def delete_list(session: Session, doer: Doer, list_key: str, expected_version: int) -> None:
    """Delete a list with its items.

    Raises:
        ConflictError: a field chooses from it.
        NotFoundError: there is no such list.
        StaleVersionError: somebody changed the list meanwhile.
    """
    gone = _expected(session, list_key, expected_version)
    if users := fields_using(session, list_key):
        labels = ", ".join(f"{entity_types()[entity].label}: {field.label}" for entity, field in users)
        raise ConflictError(_("fields choose from this list: %(fields)s", fields=labels), _("delete the fields first"))
    # rows of deleted fields stay, to keep their keys from being used again, and refer to the list
    for field in session.scalars(select(CustomField).where(CustomField.list_key == list_key)):
        field.list_key = None
    record(session, doer, "list.delete", "list", list_key, gone.name)
    session.delete(gone)


def add_item(session: Session, doer: Doer, list_key: str, name: str, expected_version: int, key: str = "") -> str:
    """Add an item at the end of a list and return its key.

    Args:
        session: A session that writes.
        doer: Who does it.
        list_key: The list.
        name: What people see.
        expected_version: The version of the list that the doer has seen.
        key: The stable key; empty makes one of the name.

    Raises:
        InvalidInputError: name or key is unusable or taken.
        NotFoundError: there is no such list.
        StaleVersionError: somebody changed the list meanwhile.
    """
    changed = _expected(session, list_key, expected_version)
    named = _name(name)
    present = all_items(session, list_key)
    _refuse_twin(named, present)
    taken = {item.key for item in present}
    if key in taken:
        raise InvalidInputError({"key": [_("there is an item with this key already")]})
    if len(key) > KEY_LENGTH or key != key.strip():
        raise InvalidInputError({"key": [_("must have at most %(count)s characters", count=KEY_LENGTH)]})
    item = CrmListItem(
        list_key=list_key,
        key=key or free_key(named, taken),
        name=named,
        rank=max((item.rank for item in present), default=0) + 1,
        active=True,
    )
    session.add(item)
    record(
        session, doer, "list.item.create", "list", list_key, changed.name, changes_between({}, {item.key: item.name})
    )
    return item.key


def change_item(
    session: Session, doer: Doer, list_key: str, key: str, *, name: str, active: bool, expected_version: int
) -> None:
    """Rename an item, or take it out of use; records that hold it keep it.

    Raises:
        InvalidInputError: the name is unusable or taken.
        NotFoundError: there is no such list or item.
        StaleVersionError: somebody changed the list meanwhile.
    """
    changed = _expected(session, list_key, expected_version)
    present = all_items(session, list_key)
    item = _item(present, key)
    named = _name(name)
    _refuse_twin(named, [other for other in present if other is not item])
    before = {"name": item.name, "active": item.active}
    item.name, item.active = named, active
    differing = changes_between(before, {"name": named, "active": active})
    record(session, doer, "list.item.change", "list", list_key, f"{changed.name}: {key}", differing)


def delete_item(session: Session, doer: Doer, list_key: str, key: str, expected_version: int) -> None:
    """Delete an item that no record holds.

    Raises:
        ConflictError: records hold it; the text says how many.
        NotFoundError: there is no such list or item.
        StaleVersionError: somebody changed the list meanwhile.
    """
    changed = _expected(session, list_key, expected_version)
    item = _item(all_items(session, list_key), key)
    if used := records_holding(session, list_key, key):
        raise ConflictError(
            _("%(count)s records hold this item", count=used), _("take it out of use in place of deleting it")
        )
    record(session, doer, "list.item.delete", "list", list_key, f"{changed.name}: {item.name}")
    session.delete(item)


def fields_using(session: Session, list_key: str) -> list[tuple[str, CrmField]]:
    """Return the fields and columns of rows that choose from a list, each with the key of its entity."""
    return [(entity, field) for entity, field, _table, _value in _columns_using(session, list_key)]


def records_holding(session: Session, list_key: str, key: str) -> int:
    """Return in how many fields of records and of their rows the item stands."""
    counts = (
        select(func.count()).select_from(table).where(value == key)
        for _entity, _field, table, value in _columns_using(session, list_key)
    )
    return sum(session.scalar(count) or 0 for count in counts)


def _columns_using(session: Session, list_key: str) -> Iterator[tuple[str, CrmField, Table, ColumnElement[Any]]]:
    for entity in entity_types():
        for field in fields_of(session, entity).values():
            if field.list_key == list_key:
                yield entity, field, table_of(entity), value_expression(entity, field)
            for inner in field.row_fields:
                if inner.list_key == list_key:
                    rows = rows_table_of(entity, field.key)
                    yield entity, inner, rows, rows.c[inner.column]


def free_key(name: str, taken: Collection[str], prefix: str = "") -> str:
    """Return a key made of a name that is not taken: letters, digits and underscores."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = prefix + (re.sub("[^a-z0-9]+", "_", plain).strip("_")[: KEY_LENGTH - 10] or "item")
    key, number = stem, 1
    while key in taken:
        number += 1
        key = f"{stem}_{number}"
    return key


def _expected(session: Session, list_key: str, expected_version: int) -> CrmList:
    found = list_of(session, list_key)
    if found.version != expected_version:
        raise stale_version(session, "list", list_key)
    found.version += 1
    return found


def _item(present: list[CrmListItem], key: str) -> CrmListItem:
    for item in present:
        if item.key == key:
            return item
    raise NotFoundError(f"the list has no item {key!r}")


def _refuse_twin(name: str, others: list[CrmListItem]) -> None:
    if any(other.name.casefold() == name.casefold() for other in others):
        raise InvalidInputError({"name": [_("there is an item of this name already")]})


def _name(name: str) -> str:
    stripped = name.strip()
    if not stripped:
        raise InvalidInputError({"name": [_("must be filled in")]})
    if len(stripped) > NAME_LENGTH or not stripped.isprintable():
        raise InvalidInputError({"name": [_("must be one line of at most %(count)s characters", count=NAME_LENGTH)]})
    return stripped
