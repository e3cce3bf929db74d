"""Laying a submitted mapping over the stored one, and saying everything that is wrong with it at once."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from erp_links.mapping.crm_fields import CrmFieldsReader
from erp_links.mapping.entities import suitable_entities
from erp_links.mapping.models import LinkActorType, LinkField, Unpaired
from erp_links.mapping.policies import Policy, policy_fault
from erp_links.mapping.reading import LinkMapping, MappedActorType, MappedField, refreshed
from erp_links.mapping.reasons import direction_faults
from erp_links.mapping.row_columns import column_faults, propose_columns
from host.crm.registry import CrmField, CrmType
from sync_connectors.codec import field_from_json

Faults = dict[str, list[str]]
"""Per path such as `actor_types.0.fields.3.crm_field` what is wrong there, in words."""

_TYPE_SETTINGS = ("active", "unpaired_pull", "unpaired_push")
_FIELD_SETTINGS = ("to_crm", "to_erp", "show_on_tab", "show_in_search")


def lay_over(
    mapping: LinkMapping, submission: Mapping[str, Any], crm_fields_of: CrmFieldsReader
) -> tuple[LinkMapping, Faults]:
    """Change the rows of a mapping as submitted; return what it then is, and every fault.

    The rows are changed also where there are faults, so that a page can show them beside what was submitted; whoever
    stores must look at the faults first. A choice that is stored already is never a fault: what became wrong later
    stands in the way of activation, not of saving the rest.
    """
    faults: Faults = {}
    touched: dict[str, tuple[str, dict[str, str]]] = {}
    for index, wanted in enumerate(submission["actor_types"]):
        path = f"actor_types.{index}"
        mapped = mapping.named(wanted["name"])
        if mapped is None:
            _add(faults, f"{path}.name", _("the link has no actor type “%(name)s”", name=wanted["name"]))
        elif wanted["name"] in touched:
            _add(faults, f"{path}.name", _("“%(name)s” stands here twice", name=wanted["name"]))
        else:
            _apply_type(mapped, wanted, path, faults)
            crm_fields = crm_fields_of(mapped.row.entity_type) if mapped.row.entity_type else {}
            touched[wanted["name"]] = (path, _apply_fields(mapped, wanted, crm_fields, path, faults))
    after = refreshed(mapping, crm_fields_of)
    for name, (path, field_paths) in touched.items():
        before, now = mapping.named(name), after.named(name)
        if before is not None and now is not None:
            _check_type(now, path, faults)
            _check_fields(now, field_paths, faults)
    return after, faults


def _apply_type(mapped: MappedActorType, wanted: Mapping[str, Any], path: str, faults: Faults) -> None:
    row = mapped.row
    entity_type = wanted.get("entity_type", row.entity_type)
    if entity_type != row.entity_type:
        if entity_type in suitable_entities(mapped.actor_type):
            row.entity_type = entity_type
        else:
            _add(faults, f"{path}.entity_type", _("“%(name)s” does not suit this actor type", name=entity_type))
    if wanted.get("active") and not row.active and row.missing_since is not None:
        _add(faults, f"{path}.active", _("the ERP no longer offers this actor type"))
    for setting in _TYPE_SETTINGS:
        if setting in wanted:
            setattr(row, setting, wanted[setting])
    if "match_fields" in wanted:
        row.match_fields = list(dict.fromkeys(wanted["match_fields"]))
    if "order" in wanted:
        _reorder(row, wanted["order"], f"{path}.order", faults)


def _reorder(row: LinkActorType, order: list[str], path: str, faults: Faults) -> None:
    place = {key: rank for rank, key in enumerate(order)}
    unknown = place.keys() - {each.key for each in row.fields}
    if unknown:
        _add(faults, path, _("there is no field %(keys)s", keys=", ".join(f"“{key}”" for key in sorted(unknown))))
    in_order = sorted(row.fields, key=lambda each: (place.get(each.key, len(place)), each.rank))
    for rank, each in enumerate(in_order):
        each.rank = rank


def _apply_fields(
    mapped: MappedActorType, wanted: Mapping[str, Any], crm_fields: Mapping[str, CrmField], path: str, faults: Faults
) -> dict[str, str]:
    """Change the named fields; return ERP key → path of those whose mapping is now another."""
    rows = {each.key: each for each in mapped.row.fields}
    seen: set[str] = set()
    changed: dict[str, str] = {}
    for index, field in enumerate(wanted.get("fields", ())):
        field_path, key = f"{path}.fields.{index}", field["key"]
        if key not in rows:
            _add(faults, f"{field_path}.key", _("there is no field “%(key)s”", key=key))
        elif key in seen:
            _add(faults, f"{field_path}.key", _("“%(key)s” stands here twice", key=key))
        elif _apply_field(rows[key], field, crm_fields):
            changed[key] = field_path
        seen.add(key)
    return changed


def _apply_field(row: LinkField, wanted: Mapping[str, Any], crm_fields: Mapping[str, CrmField]) -> bool:
    before = _chosen(row)
    if "crm_field" in wanted:
        row.crm_field = wanted["crm_field"] or None
        if row.crm_field is None and "to_crm" not in wanted and "to_erp" not in wanted:
            row.to_crm = row.to_erp = False
    for setting in _FIELD_SETTINGS:
        if setting in wanted:
            setattr(row, setting, wanted[setting])
    if "row_columns" in wanted:
        row.row_columns = dict(wanted["row_columns"])
    elif row.crm_field != before[0]:
        row.row_columns = propose_columns(field_from_json(row.declaration), crm_fields.get(row.crm_field or ""))
    if "policy" in wanted:
        row.policy = wanted["policy"]
    elif not (row.to_crm and row.to_erp):
        row.policy = Policy.PRIORITY.value
    is_changed = before != _chosen(row)
    if is_changed:
        row.proposed = False
    return is_changed


def _chosen(row: LinkField) -> tuple[object, ...]:
    return row.crm_field, row.to_crm, row.to_erp, row.policy, dict(row.row_columns)


def _check_type(mapped: MappedActorType, path: str, faults: Faults) -> None:
    if mapped.row.unpaired_push == Unpaired.CREATE.value and not mapped.actor_type.capabilities.create:
        _add(faults, f"{path}.unpaired_push", _("the connector cannot create records"))
    for key in mapped.row.match_fields:
        crm_field = mapped.crm_fields.get(key)
        if crm_field is None or crm_field.type in {CrmType.REFERENCE, CrmType.LONG_TEXT, CrmType.ROWS}:
            _add(faults, f"{path}.match_fields", _("“%(key)s” cannot tell records apart", key=key))


def _check_fields(mapped: MappedActorType, paths: Mapping[str, str], faults: Faults) -> None:
    filled: dict[str, str] = {}
    for each in mapped.fields:
        row, path = each.row, paths.get(each.row.key)
        first = filled.setdefault(row.crm_field, row.key) if row.crm_field and row.to_crm else row.key
        if path is None:
            continue
        if each.is_lost:
            _add(faults, f"{path}.crm_field", _("the CRM has no field “%(key)s”", key=row.crm_field))
            continue
        _check_field(mapped, each, path, faults)
        if first != row.key and each.crm_field is not None:
            words = _("“%(other)s” fills the CRM field “%(field)s” already", other=first, field=each.crm_field.label)
            _add(faults, f"{path}.to_crm", words)


def _check_field(mapped: MappedActorType, each: MappedField, path: str, faults: Faults) -> None:
    row = each.row
    for fault in direction_faults(each, to_crm=row.to_crm, to_erp=row.to_erp):
        _add(faults, f"{path}.to_crm" if row.to_crm else f"{path}.to_erp", fault)
    if row.crm_field and not row.to_crm and not row.to_erp and not each.is_offered:
        _add(faults, f"{path}.crm_field", each.directions.to_crm)
    fault = policy_fault(mapped.actor_type, row.policy, two_way=each.is_two_way)
    if fault:
        _add(faults, f"{path}.policy", fault)
    for fault in column_faults(each.field, each.crm_field, row.row_columns):
        _add(faults, f"{path}.row_columns", fault)


def _add(faults: Faults, path: str, words: str) -> None:
    faults.setdefault(path, []).append(words)
