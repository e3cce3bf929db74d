"""Checking what somebody wants to store in a record, every fault at once."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from host.crm.fields import CrmField, CrmType
from host.crm.lists import items_for
from host.crm.registry import entity_type_of
from host.crm.row_values import Faults, checked_rows
from host.crm.tables import table_of
from host.crm.values import CrmValue, checker_of
from host.errors import InvalidInputError

Check = Callable[[object, CrmValue], tuple[CrmValue, Faults]]
"""Takes a value and the one that is stored; returns the value as the hub stores it, and what is wrong with it."""


def checked_values(
    session: Session,
    entity_type: str,
    fields: Mapping[str, CrmField],
    values: Mapping[str, object],
    present: Mapping[str, CrmValue],
    faults: Mapping[str, list[str]] | None = None,
) -> dict[str, CrmValue]:
    """Return those of `values` that differ from the present ones, as the hub stores them.

    What stays as it is, is not judged: an item that has left its list does not keep people from changing the rest.

    Args:
        session: A session.
        entity_type: Key of the entity.
        fields: All fields of the entity.
        values: What is to be stored, by field key.
        present: The present values of all fields; empty for a new record.
        faults: What was found wrong while reading the values, by field; told together with what is found here.

    Raises:
        InvalidInputError: with every fault of every field.
    """
    errors: dict[str, list[str]] = defaultdict(list, {key: list(texts) for key, texts in (faults or {}).items()})
    changing = {}
    for key, value in values.items():
        if key not in fields:
            errors[key].append(_("is not a field of this record"))
        elif present.get(key) != (None if value == "" else value):
            changing[key] = value
    items = items_for(session, [fields[key] for key in changing], active_only=True)
    checked: dict[str, CrmValue] = {}
    for key, value in changing.items():
        stored, found = check_of(fields[key], items)(value, present.get(key))
        if found:
            errors.update(found)
        else:
            checked[key] = stored
    _check_references(session, fields, checked, errors)
    for key, texts in required_faults(entity_type, {**present, **checked}).items():
        if not errors.get(key):
            errors[key] += texts
    if errors:
        raise InvalidInputError(errors)
    return {key: value for key, value in checked.items() if present.get(key) != value}


def check_of(field: CrmField, items: Mapping[str, Collection[str]]) -> Check:
    """Return what checks the values of a field, made once for many records.

    Args:
        field: The field.
        items: Keys of the items that may be chosen, by the key of their list.
    """
    if field.type is CrmType.ROWS:

        def rows_checked(value: object, present: CrmValue) -> tuple[CrmValue, Faults]:
            return checked_rows(field, value, present if isinstance(present, dict) else {}, items)

        return rows_checked
    check = checker_of(field, items.get(field.list_key, ()))

    def checked(value: object, _present: CrmValue) -> tuple[CrmValue, Faults]:
        try:
            return check(value), {}
        except ValueError as error:
            return None, {field.key: [str(error)]}

    return checked


def missing_references(
    session: Session, field: CrmField, ids: Collection[CrmValue], *, lock: bool = True
) -> set[CrmValue]:
    """Return those ids that the entity which a REFERENCE field points at does not have.

    Args:
        session: A session; with `lock` one that writes.
        field: The field.
        ids: Ids of records.
        lock: Keep the others from being deleted until the transaction ends.
    """
    column = table_of(field.references).c.id
    statement = select(column).where(column.in_(ids)).order_by(column)
    return set(ids) - set(session.scalars(statement.with_for_update(read=True, key_share=True) if lock else statement))


def _check_references(
    session: Session,
    fields: Mapping[str, CrmField],
    checked: Mapping[str, CrmValue],
    errors: dict[str, list[str]],
) -> None:
    for key, value in checked.items():
        is_reference = fields[key].type is CrmType.REFERENCE and isinstance(value, int)
        if is_reference and missing_references(session, fields[key], [value]):
            errors[key].append(_("does not exist"))


def required_faults(entity_type: str, values: Mapping[str, CrmValue]) -> dict[str, list[str]]:
    """Return what a record with these values lacks, by field."""
    entity = entity_type_of(entity_type)
    faults = {
        field.key: [str(_("must be filled in"))]
        for field in entity.fields
        if field.required and values.get(field.key) is None
    }
    if entity.requires_one_of and all(values.get(key) is None for key in entity.requires_one_of):
        labels = ", ".join(str(entity.by_key[key].label) for key in entity.requires_one_of)
        faults[entity.requires_one_of[-1]] = [str(_("one of these must be filled in: %(fields)s", fields=labels))]
    return faults
