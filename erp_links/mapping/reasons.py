"""Everything that stands between a mapping and its activation, in words (spec 2.6, 2.7)."""

from collections import Counter
from collections.abc import Iterator

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink
from erp_links.mapping.compatibility import carries_values, conversion
from erp_links.mapping.models import LinkField, Unpaired
from erp_links.mapping.reading import LinkMapping, MappedActorType, MappedField, mapping_of
from erp_links.mapping.row_columns import holds_rows, missing_columns
from sync_connectors import OPERATORS, Access, Operator


def activation_reasons(session: Session, link: ErpLink) -> list[str]:
    """Return all that has to be mended before the link can be active; empty means nothing."""
    return mapping_reasons(mapping_of(session, link))


def mapping_reasons(mapping: LinkMapping) -> list[str]:
    """Return the same for a mapping that is read already."""
    active = [each for each in mapping.actor_types if each.row.active]
    if not active:
        return [_("no actor type is switched on")]
    return [f"{each.actor_type.label}: {reason}" for each in active for reason in _type_reasons(mapping, each)]


def is_synced(row: LinkField) -> bool:
    """Return whether a field has a direction, whatever else is wrong with it."""
    return row.to_crm or row.to_erp


def _type_reasons(mapping: LinkMapping, mapped: MappedActorType) -> Iterator[str]:
    if mapped.row.missing_since is not None:
        yield _("the ERP no longer offers it, switch it off")
        return
    if mapped.entity is None:
        yield _("the CRM has nothing to sync it with, switch it off")
        return
    if not any(is_synced(each.row) for each in mapped.fields):
        yield _("no field has a direction")
    yield from _parent_reasons(mapping, mapped)
    for each in mapped.fields:
        yield from _field_reasons(mapped, each)
    yield from _twice_mapped(mapped)
    yield from _unpaired_reasons(mapped)


def _parent_reasons(mapping: LinkMapping, mapped: MappedActorType) -> Iterator[str]:
    parents = [each for each in mapping.actor_types if each.name in mapped.actor_type.parents]
    if parents and not any(each.row.active and each.row.missing_since is None for each in parents):
        names = " / ".join(each.actor_type.label for each in parents)
        yield _("its records lie under %(parents)s, which is not switched on", parents=names)


def _field_reasons(mapped: MappedActorType, each: MappedField) -> Iterator[str]:
    row, label = each.row, f"“{each.field.label}”"
    if each.is_gone:
        if row.crm_field:
            yield _("%(field)s is gone from the ERP, remove its mapping", field=label)
        return
    if each.is_lost:
        yield _("%(field)s is mapped to a field that is no longer in the CRM", field=label)
        return
    faults = direction_faults(each, to_crm=row.to_crm, to_erp=row.to_erp)
    for fault in faults:
        yield f"{label}: {fault}"
    if is_synced(row) and holds_rows(each.field, each.crm_field):
        missing = missing_columns(each.field, each.crm_field, row.row_columns, to_erp=row.to_erp)
        if missing:
            yield f"{label}: {missing}"
    if each.field.access is Access.MANDATORY and carries_values(each.field.type) and not faults:
        yield from _mandatory_reasons(mapped, each, label)


def _mandatory_reasons(mapped: MappedActorType, each: MappedField, label: str) -> Iterator[str]:
    if not is_synced(each.row):
        yield _("%(field)s is mandatory in the ERP and has no direction", field=label)
    elif mapped.row.unpaired_push == Unpaired.CREATE and not each.row.to_erp:
        # a save leaves absent fields as they are; only a new record needs the field filled
        yield _(
            "%(field)s is mandatory in the ERP, and a record cannot be created there without a direction to it",
            field=label,
        )


def direction_faults(each: MappedField, *, to_crm: bool, to_erp: bool) -> list[str]:
    """Return why these directions of a field mapping are not possible; empty if they are."""
    faults = []
    if to_crm and each.directions.to_crm:
        faults.append(each.directions.to_crm)
    if to_erp and each.directions.to_erp and each.directions.to_erp not in faults:
        faults.append(each.directions.to_erp)
    if to_crm and not to_erp and each.directions.one_way_to_crm and not faults:
        faults.append(each.directions.one_way_to_crm)
    return faults


def _twice_mapped(mapped: MappedActorType) -> Iterator[str]:
    filled = Counter(each.row.crm_field for each in mapped.fields if each.row.crm_field and each.row.to_crm)
    for key, count in filled.items():
        if count > 1 and key in mapped.crm_fields:
            yield _(
                "%(count)d ERP fields fill the CRM field “%(field)s”", count=count, field=mapped.crm_fields[key].label
            )


def _unpaired_reasons(mapped: MappedActorType) -> Iterator[str]:
    row = mapped.row
    if Unpaired.PAIR.value in {row.unpaired_pull, row.unpaired_push} and not row.match_fields:
        yield _("records without a pairing are to be paired, and no match field is chosen")
    if row.unpaired_pull != Unpaired.IGNORE:
        for key in row.match_fields:
            if not any(each.row.to_crm for each in _mapped_to(mapped, key)):
                yield _("no ERP field fills the match field “%(field)s”", field=_label(mapped, key))
    if row.unpaired_push != Unpaired.IGNORE:
        yield from _search_reasons(mapped)
    if row.unpaired_pull == Unpaired.CREATE:
        yield from _creation_reasons(mapped)


def _search_reasons(mapped: MappedActorType) -> Iterator[str]:
    """Yield why the ERP cannot be searched for records that equal those of the CRM."""
    keys = mapped.row.match_fields
    unmapped = [key for key in keys if not any(is_synced(each.row) for each in _mapped_to(mapped, key))]
    for key in unmapped:
        if mapped.row.unpaired_pull == Unpaired.IGNORE:  # else it is told already
            yield _("no ERP field goes with the match field “%(field)s”", field=_label(mapped, key))
    if not keys or unmapped:
        return
    if not any(_can_search(each) for key in keys for each in _mapped_to(mapped, key)):
        labels = ", ".join(_label(mapped, key) for key in keys)
        yield _("the ERP cannot be searched by any of the match fields (%(fields)s)", fields=labels)


def _can_search(each: MappedField) -> bool:
    is_askable = bool(OPERATORS[each.field.type] & {Operator.EQUALS, Operator.ONE_OF})
    can_send = each.crm_field is not None and conversion(each.field.type, each.crm_field.type).to_erp
    return each.row.searchable and is_askable and can_send


def _creation_reasons(mapped: MappedActorType) -> Iterator[str]:
    entity = mapped.entity
    filled = {each.row.crm_field for each in mapped.fields if each.row.to_crm and not each.is_gone}
    for crm_field in mapped.crm_fields.values():
        if crm_field.required and crm_field.key not in filled:
            yield _("the CRM needs “%(field)s” to create a record, and no ERP field fills it", field=crm_field.label)
    if entity is not None and entity.requires_one_of and not filled.intersection(entity.requires_one_of):
        labels = " / ".join(str(mapped.crm_fields[key].label) for key in entity.requires_one_of)
        yield _("the CRM needs one of %(fields)s to create a record, and no ERP field fills one", fields=labels)


def _mapped_to(mapped: MappedActorType, crm_key: str) -> list[MappedField]:
    return [each for each in mapped.fields if each.row.crm_field == crm_key and not each.is_gone]


def _label(mapped: MappedActorType, crm_key: str) -> str:
    return str(mapped.crm_fields[crm_key].label) if crm_key in mapped.crm_fields else crm_key
