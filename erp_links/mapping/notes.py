"""What stands beside a field on the mapping page: what is special about it, or missing."""

from collections.abc import Iterator

from flask_babel import gettext as _

from erp_links.mapping.compatibility import carries_values
from erp_links.mapping.reading import MappedField
from erp_links.mapping.reasons import is_synced
from host.crm.registry import CrmType
from sync_connectors import Access, FieldType

_TEXTS = frozenset({CrmType.TEXT, CrmType.LONG_TEXT})


def notes_of(mapped: MappedField) -> list[str]:
    """Return the notes in words, the most pressing first."""
    return list(_notes(mapped))


def _notes(mapped: MappedField) -> Iterator[str]:
    row, field = mapped.row, mapped.field
    if mapped.is_gone or mapped.is_lost:
        yield mapped.directions.to_crm
        return
    if not row.crm_field:
        if row.show_on_tab:
            yield _("shown live on the ERP tab only")
        elif not carries_values(field.type):
            yield mapped.directions.to_crm
        return
    if not is_synced(row):
        yield _("proposed; choose a direction") if row.proposed else _("choose a direction")
    if field.access is Access.READ_ONLY:
        yield _("read-only in the ERP")
    yield from _limits(mapped)


def _limits(mapped: MappedField) -> Iterator[str]:
    row, field, crm_field = mapped.row, mapped.field, mapped.crm_field
    if crm_field is None:
        return
    if field.type is FieldType.LIST and crm_field.type is CrmType.LIST and is_synced(row):
        yield _("items go by the list mapping, else by equal keys")
    if field.type is not FieldType.TEXT or crm_field.type not in _TEXTS:
        return
    if row.to_erp and field.max_length and (not crm_field.max_length or crm_field.max_length > field.max_length):
        yield _("texts of more than %(count)d characters are not sent, and reported", count=field.max_length)
    if row.to_crm and crm_field.max_length and field.max_length > crm_field.max_length:
        yield _("texts of more than %(count)d characters are not taken, and reported", count=crm_field.max_length)
