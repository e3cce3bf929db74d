"""Whether a record of the hub is still what it was when its pairing was last settled."""

from typing import cast

from erp_links.mapping.compiled import CompiledField
from erp_links.sync.merge.comparing import form_of
from erp_links.sync.merge.row_forms import comparable, renamed, rows_of_base
from erp_links.sync.merge.sides import Bases
from erp_links.sync.push.cases import Case
from erp_links.sync.push.moving import is_below_base
from host.crm.values import CrmRows, CrmValue


def is_untouched(case: Case) -> bool:
    """Whether the hub has nothing for the ERP, so that it need not be asked what it has.

    Only what goes to the ERP counts, and of that only what the outbox tells of. What has failed, was never answered,
    was never settled or was decided by a person is looked at in any case.
    """
    if case.intent is not None or case.choices or case.known is not None or case.lacks_base:
        return False
    if not is_below_base(case):
        return False
    bases, values = case.bases, case.record.values
    return all(
        _is_at_base(mapped, bases, values[mapped.crm.key])
        for mapped in case.type.mapping.pushed
        if not case.fields or mapped.crm.key in case.fields
    )


def _is_at_base(mapped: CompiledField, bases: Bases, present: CrmValue) -> bool:
    erp_key, crm_key = mapped.erp.key, mapped.crm.key
    if mapped.columns:
        return _rows_are_at_base(mapped, bases, cast("CrmRows | None", present) or {})
    if crm_key in bases.hub:
        return bool(bases.hub[crm_key] == form_of(present))
    try:
        return mapped.convert(mapped.stored(bases.erp[erp_key])) == present
    except ValueError:
        return False


def _rows_are_at_base(mapped: CompiledField, bases: Bases, present: CrmRows) -> bool:
    crm_key = mapped.crm.key
    if crm_key in bases.hub:
        base = dict(bases.hub[crm_key])
    else:
        names = {erp_key: hub_key for hub_key, erp_key in bases.row_keys.get(crm_key, {}).items()}
        base = comparable(mapped.columns, renamed(rows_of_base(mapped, bases.erp[mapped.erp.key]), names))
    return base == comparable(mapped.columns, present)
