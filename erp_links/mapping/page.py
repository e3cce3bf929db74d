"""What the mapping page shows, made ready for its template."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from flask_babel import gettext as _

from erp_links.mapping.compatibility import is_offered, type_name
from erp_links.mapping.directions import Directions, crm_side, erp_side, gone_since, type_pair
from erp_links.mapping.entities import suitable_entities
from erp_links.mapping.full_read import full_read_words
from erp_links.mapping.notes import notes_of
from erp_links.mapping.policies import Policy, policies_of, policy_words
from erp_links.mapping.reading import LinkMapping, MappedActorType, MappedField
from erp_links.mapping.row_columns import MappedColumn
from host.crm.registry import CrmField, CrmType, entity_types
from sync_connectors import Access, FieldType

Options = list[tuple[str, list[tuple[str, str]]]]
"""CRM fields by heading: [(group, [(key, label), …]), …]."""


@dataclass(frozen=True, slots=True)
class Row:
    """One field on the page; `erp_reasons` and the section's tables let a script tell reasons for other choices."""

    id: str
    mapped: MappedField
    type_words: str
    is_mandatory: bool
    policies: list[tuple[str, str]]
    columns: list["Column"]
    options: Options
    directions: Directions
    erp_reasons: Directions
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the rows of a field; `access` says in a word what is special about it."""

    name: str
    label: str
    key: str
    type_words: str
    access: str
    is_mandatory: bool
    options: list[tuple[str, str]]
    chosen: str


@dataclass(frozen=True, slots=True)
class Section:
    """One actor type on the page."""

    id: str
    mapped: MappedActorType
    entities: list[tuple[str, str]]
    match_options: list[tuple[str, str]]
    rows: list[Row]
    script: dict[str, Any]
    gone: str
    due: list[str]


def sections_of(mapping: LinkMapping) -> list[Section]:
    """Return the page's sections, one for each actor type."""
    return [_section(mapping, each) for each in mapping.actor_types]


def _section(mapping: LinkMapping, mapped: MappedActorType) -> Section:
    @cache
    def options_for(erp_type: FieldType) -> Options:
        return _grouped(field for field in mapped.crm_fields.values() if is_offered(erp_type, field.type))

    row = mapped.row
    return Section(
        id=f"t{row.id}",
        mapped=mapped,
        entities=[(key, str(entity_types()[key].label)) for key in suitable_entities(mapped.actor_type)],
        match_options=[
            (field.key, str(field.label))
            for field in mapped.crm_fields.values()
            if field.type not in {CrmType.REFERENCE, CrmType.LONG_TEXT, CrmType.ROWS}
        ],
        rows=[_row(mapped, each, options_for(each.field.type)) for each in mapped.fields],
        script=_for_script(mapping, mapped),
        gone=gone_since(row.missing_since) if row.missing_since else "",
        due=_due(mapped),
    )


def _due(mapped: MappedActorType) -> list[str]:
    row = mapped.row
    told = []
    if row.full_read_due is not None:
        told.append(_("The next sync reads everything from the ERP: %(why)s", why=full_read_words(row.full_read_due)))
    if row.full_push_due is not None:
        told.append(_("The next sync looks at everything of the CRM: %(why)s", why=full_read_words(row.full_push_due)))
    return told


def _row(section: MappedActorType, mapped: MappedField, options: Options) -> Row:
    return Row(
        id=f"f{mapped.row.id}",
        mapped=mapped,
        type_words=_type_words(mapped),
        is_mandatory=mapped.field.access is Access.MANDATORY,
        policies=_policies(section, mapped),
        columns=[_column(mapped, place, each) for place, each in enumerate(mapped.columns)],
        options=options,
        directions=mapped.directions,
        erp_reasons=erp_side(section.actor_type, mapped.field, mapped.row.missing_since),
        notes=notes_of(mapped),
    )


def _policies(section: MappedActorType, mapped: MappedField) -> list[tuple[str, str]]:
    """Return what may be chosen where both sides can change a field; empty where they never can."""
    if not mapped.is_two_way and (section.row.missing_since or mapped.directions.to_crm or mapped.directions.to_erp):
        return []
    chosen = {policy.value for policy in policies_of(section.actor_type)} | {mapped.row.policy}
    return [(policy.value, policy_words(policy.value)) for policy in Policy if policy.value in chosen]


def _column(mapped: MappedField, place: int, column: MappedColumn) -> Column:
    access = {Access.MANDATORY: _("mandatory"), Access.READ_ONLY: _("read-only in the ERP")}
    return Column(
        name=f"f{mapped.row.id}.column.{place}",
        label=column.erp.label or column.erp.key,
        key=column.erp.key,
        type_words=type_name(column.erp.type),
        access=access.get(column.erp.access, ""),
        is_mandatory=column.erp.access is Access.MANDATORY,
        options=[(each.key, str(each.label)) for each in column.offered],
        chosen=column.crm.key if column.crm else "",
    )


def _type_words(mapped: MappedField) -> str:
    words = type_name(mapped.field.type)
    return f"{words}, {mapped.field.max_length}" if mapped.field.max_length else words


def _grouped(fields: Iterable[CrmField]) -> Options:
    return [
        (group, [(field.key, str(field.label)) for field in of])
        for group, of in groupby(fields, key=lambda field: str(field.group))
    ]


def _for_script(mapping: LinkMapping, mapped: MappedActorType) -> dict[str, Any]:
    """Return what the page needs to say why a direction is unavailable before anything is sent."""
    types = {each.field.type for each in mapped.fields}
    return {
        "none": crm_side(None, None).to_crm,
        "fields": {key: _crm_reasons(mapping, mapped, key, field) for key, field in mapped.crm_fields.items()},
        "pairs": {
            f"{erp_type.value} {crm_type.value}": [reasons.to_crm, reasons.to_erp]
            for erp_type in types
            for crm_type in CrmType
            if is_offered(erp_type, crm_type) and (reasons := type_pair(erp_type, crm_type)) != Directions()
        },
    }


def _crm_reasons(mapping: LinkMapping, mapped: MappedActorType, key: str, field: CrmField) -> Mapping[str, str]:
    reasons = crm_side(key, field, mapping.masters.get((mapped.row.entity_type, key), ""))
    told = {"type": field.type.value, "crm": reasons.to_crm, "oneWay": reasons.one_way_to_crm}
    return {name: words for name, words in told.items() if words}
