"""Which field mappings of an actor type take part in a run, and in which directions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from erp_links.mapping.compatibility import conversion
from erp_links.mapping.compiled_lists import ListPair
from erp_links.mapping.directions import can_write
from erp_links.mapping.models import LinkActorType, LinkField
from host.crm.fields import CrmField, CrmType
from sync_connectors import Access, ActorType, Field, FieldType
from sync_connectors.codec import field_from_json


@dataclass(frozen=True, slots=True)
class ChosenField:
    """A field mapping that takes part, with the pairs of columns that do."""

    row: LinkField
    erp: Field
    crm: CrmField
    to_crm: bool
    to_erp: bool
    columns: tuple[tuple[Field, CrmField], ...]

    @property
    def pairs(self) -> tuple[tuple[Field, CrmField], ...]:
        """The pairs of fields between which values go: the field's own, and those of its columns."""
        return ((self.erp, self.crm), *self.columns)

    @property
    def list_pairs(self) -> list[ListPair]:
        """The pairs of lists that it joins."""
        return [(erp.list_name, crm.list_key) for erp, crm in self.pairs if crm.type is CrmType.LIST]

    @property
    def lists_shown(self) -> list[str]:
        """The ERP's lists whose display texts it writes into texts of the hub."""
        return [erp.list_name for erp, crm in self.pairs if crm.is_text and erp.type is FieldType.LIST]


def chosen_fields(
    row: LinkActorType, actor_type: ActorType, crm_fields: Mapping[str, CrmField]
) -> Iterator[ChosenField]:
    """Yield the field mappings of an actor type that have a direction and can still go it."""
    for each in row.fields:
        crm_field = crm_fields.get(each.crm_field or "")
        if each.missing_since is not None or crm_field is None or not (each.to_crm or each.to_erp):
            continue
        erp_field = field_from_json(each.declaration)
        to_crm = each.to_crm and conversion(erp_field.type, crm_field.type).to_crm
        to_erp = each.to_erp and is_sent(erp_field, crm_field) and can_write(actor_type)
        columns = _column_pairs(each, erp_field, crm_field)
        if (to_crm or to_erp) and (columns or erp_field.type is not FieldType.ROWS):
            yield ChosenField(each, erp_field, crm_field, to_crm, to_erp, columns)


def _column_pairs(row: LinkField, erp_field: Field, crm_field: CrmField) -> tuple[tuple[Field, CrmField], ...]:
    columns = {column.key: column for column in crm_field.row_fields}
    pairs = ((column, columns.get(row.row_columns.get(column.key, ""))) for column in erp_field.row_fields)
    return tuple(
        (erp_column, crm_column)
        for erp_column, crm_column in pairs
        # rows are compared as the hub would hold them, so a column that cannot come into the hub takes no part
        if crm_column is not None and conversion(erp_column.type, crm_column.type).to_crm
    )


def is_sent(erp_field: Field, crm_field: CrmField) -> bool:
    """Return whether values of a CRM field can be written to an ERP field."""
    return erp_field.access is not Access.READ_ONLY and conversion(erp_field.type, crm_field.type).to_erp
