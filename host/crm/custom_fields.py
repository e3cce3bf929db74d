"""User-defined fields: what an administrator does with them."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from flask_babel import gettext as _
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from host.audit.doer import Doer
from host.audit.operations import changes_between, record, stale_version
from host.crm.expressions import comparable_expression
from host.crm.fields import CUSTOM_PREFIX, CrmField, CrmType
from host.crm.indexing import drop_index, is_indexable, make_index
from host.crm.list_operations import free_key
from host.crm.models import CrmList, CustomField
from host.crm.registry import entity_type_of, fields_of
from host.crm.tables import table_of
from host.errors import InvalidInputError, NotFoundError

TYPES = (
    CrmType.TEXT,
    CrmType.LONG_TEXT,
    CrmType.INTEGER,
    CrmType.DECIMAL,
    CrmType.BOOLEAN,
    CrmType.DATE,
    CrmType.DATETIME,
    CrmType.LIST,
)
"""The types that a user-defined field may have."""

LARGEST_LENGTH = 10_000
LABEL_LENGTH = 254
DESCRIPTION_LENGTH = 1023
FIELDS_PER_ENTITY = 200
_OBJECT = "field"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What may be changed of a field that is there: its type may not, values of it are stored."""

    label: str
    description: str = ""
    searchable: bool = False
    max_length: int = 0


def add_field(
    session: Session,
    doer: Doer,
    entity_type: str,
    crm_type: CrmType,
    settings: FieldChange,
    list_key: str = "",
) -> CustomField:
    """Add a field to an entity. Its key is made of its label and is never given to another field.

    Raises:
        InvalidInputError: with every fault of every field of the form.
        NotFoundError: there is no such entity.
    """
    present = fields_of(session, entity_type)
    errors = _faults(settings, present.values())
    if crm_type not in TYPES:
        errors["type"] = [_("must be one of: %(types)s", types=", ".join(TYPES))]
    if crm_type is CrmType.LIST and session.get(CrmList, list_key) is None:
        errors["list_key"] = [_("must name a list")]
    if sum(field.custom for field in present.values()) >= FIELDS_PER_ENTITY:
        errors[""] = [_("an entity has at most %(count)s fields of its own", count=FIELDS_PER_ENTITY)]
    if errors:
        raise InvalidInputError(errors)
    used = set(session.scalars(select(CustomField.key).where(CustomField.entity_type == entity_type)))
    last = session.scalar(select(func.max(CustomField.rank)).where(CustomField.entity_type == entity_type))
    added = CustomField(
        entity_type=entity_type,
        key=free_key(settings.label, used, CUSTOM_PREFIX),
        type=crm_type.value,
        list_key=list_key if crm_type is CrmType.LIST else None,
        rank=(last or 0) + 1,
        version=1,
        created_at=datetime.now(UTC),
        **_stored(settings, crm_type),
    )
    session.add(added)
    session.flush()
    _settle_index(session, added, wanted=added.searchable)
    after = {**asdict(settings), "type": crm_type.value, "list_key": list_key}
    record(session, doer, "field.create", _OBJECT, added.id, _name(added), changes_between({}, after))
    return added


def change_field(
    session: Session, doer: Doer, field_id: int, settings: FieldChange, *, expected_version: int
) -> CustomField:
    """Change a field.

    Raises:
        InvalidInputError: with every fault of every field of the form.
        NotFoundError: there is no such field.
        StaleVersionError: somebody changed it meanwhile.
    """
    changed = _expected(session, field_id, expected_version)
    others = [field for field in fields_of(session, changed.entity_type).values() if field.key != changed.key]
    if errors := _faults(settings, others):
        raise InvalidInputError(errors)
    stored = _stored(settings, CrmType(changed.type))
    before = {name: getattr(changed, name) for name in stored}
    for name, value in stored.items():
        setattr(changed, name, value)
    _settle_index(session, changed, wanted=changed.searchable)
    changed.version += 1
    record(session, doer, "field.change", _OBJECT, changed.id, _name(changed), changes_between(before, stored))
    return changed


def delete_field(session: Session, doer: Doer, field_id: int, *, expected_version: int) -> None:
    """Delete a field and the values that records have in it. Its row stays, so that its key is never given again.

    Raises:
        NotFoundError: there is no such field.
        StaleVersionError: somebody changed it meanwhile.
    """
    gone = _expected(session, field_id, expected_version)
    _settle_index(session, gone, wanted=False)
    filled = records_filled(session, gone)
    without = "custom - :key" if session.connection().dialect.name == "postgresql" else "json_remove(custom, :path)"
    table = table_of(gone.entity_type).name
    session.execute(
        text(f"UPDATE {table} SET custom = {without} WHERE custom ->> :key IS NOT NULL"),  # noqa: S608 - a declared table
        {"key": gone.key, "path": f'$."{gone.key}"'},
    )
    gone.deleted_at = datetime.now(UTC)
    gone.version += 1
    before = {"label": gone.label, "type": gone.type, "records": filled}
    record(session, doer, "field.delete", _OBJECT, gone.id, _name(gone), changes_between(before, {}))


def present_field(session: Session, field_id: int) -> CustomField:
    """Return a field that was not deleted.

    Raises:
        NotFoundError: there is none with this id.
    """
    found = session.get(CustomField, field_id)
    if found is None or found.deleted_at is not None:
        raise NotFoundError(f"there is no user-defined field {field_id}")
    return found


def present_fields(session: Session, entity_type: str) -> list[CustomField]:
    """Return the user-defined fields of an entity in the order of forms."""
    statement = select(CustomField).where(CustomField.entity_type == entity_type, CustomField.deleted_at.is_(None))
    return list(session.scalars(statement.order_by(CustomField.rank, CustomField.id)))


def records_filled(session: Session, field: CustomField) -> int:
    """Return how many records have a value in the field."""
    declared = fields_of(session, field.entity_type)[field.key]
    value = comparable_expression(field.entity_type, declared)
    statement = select(func.count()).select_from(table_of(field.entity_type)).where(value.is_not(None))
    return session.scalar(statement) or 0


def _expected(session: Session, field_id: int, expected_version: int) -> CustomField:
    found = present_field(session, field_id)
    if found.version != expected_version:
        raise stale_version(session, _OBJECT, field_id)
    return found


def _stored(settings: FieldChange, crm_type: CrmType) -> dict[str, str | bool | int]:
    has_length = crm_type in {CrmType.TEXT, CrmType.LONG_TEXT}
    return {
        "label": settings.label.strip(),
        "description": settings.description.strip(),
        "searchable": settings.searchable,
        "max_length": settings.max_length if has_length else 0,
    }


def _faults(settings: FieldChange, others: Collection[CrmField]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    label = settings.label.strip()
    if not label or len(label) > LABEL_LENGTH or not label.isprintable():
        errors["label"] = [_("must be one line of at most %(count)s characters", count=LABEL_LENGTH)]
    elif any(str(field.label).casefold() == label.casefold() for field in others):
        errors["label"] = [_("there is a field of this name already")]
    if len(settings.description) > DESCRIPTION_LENGTH:
        errors["description"] = [_("must not be longer than %(count)s characters", count=DESCRIPTION_LENGTH)]
    if not 0 <= settings.max_length <= LARGEST_LENGTH:
        errors["max_length"] = [_("must be between 0 and %(most)s", most=LARGEST_LENGTH)]
    return errors


def _name(field: CustomField) -> str:
    return f"{entity_type_of(field.entity_type).key}: {field.label}"


def _settle_index(session: Session, field: CustomField, *, wanted: bool) -> None:
    """Make or drop the index by which records are found by a user-defined field."""
    declared = CrmField(
        field.key,
        field.label,
        CrmType(field.type),
        max_length=field.max_length,
        list_key=field.list_key or "",
        custom=True,
    )
    if wanted and is_indexable(declared):
        make_index(session, field.entity_type, declared)
    else:
        drop_index(session, field.entity_type, declared)
