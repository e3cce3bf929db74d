"""The mapping of one actor type, made ready for a run: look-ups and functions, no database and no schema."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.mapping.chosen_fields import ChosenField, chosen_fields, is_sent
from erp_links.mapping.compiled_lists import ListPair, ListTexts, read_tables
from erp_links.mapping.converting import Converter, converter
from erp_links.mapping.converting_back import BackConverter, back_converter
from erp_links.mapping.list_table import ListTable
from erp_links.mapping.models import LinkActorType, Unpaired
from host.crm.fields import CrmField, CrmType
from host.crm.registry import EntityType, entity_type_of, entity_types, fields_of
from sync_connectors import ActorType, Field
from sync_connectors.codec import actor_type_from_json, value_from_json
from sync_connectors.contract.values import Value

__all__ = ["CompiledColumn", "CompiledField", "CompiledMapping", "ListTexts", "compile_mapping", "lists_to_read"]


@dataclass(frozen=True, slots=True)
class CompiledColumn:
    """One mapped column of a field of rows.

    Attributes:
        to_erp: Whether the column is sent with its row. One that is read-only in the ERP, or cannot be turned back, is
            taken over with the rows and never sent.
        convert: ERP value → hub value; raises ValueError in words where the hub cannot hold it.
        convert_back: Hub value → ERP value; raises ValueError in words where the ERP cannot hold it.
    """

    erp: Field
    crm: CrmField
    to_erp: bool
    convert: Converter
    convert_back: BackConverter


@dataclass(frozen=True, slots=True)
class CompiledField:
    """One field mapping that has a direction.

    Attributes:
        to_crm: Whether changes of the ERP come into the hub.
        to_erp: Whether changes of the hub go to the ERP.
        convert: ERP value → hub value. Both functions are there whatever the directions; where the types go together
            one way only, the other function refuses every value but None. Neither is used for rows.
        convert_back: Hub value → ERP value.
        columns: The mapped columns of a field of rows; empty for all others.
    """

    erp: Field
    crm: CrmField
    to_crm: bool
    to_erp: bool
    policy: str
    update_rule: str
    convert: Converter
    convert_back: BackConverter
    columns: tuple[CompiledColumn, ...] = ()

    @property
    def two_way(self) -> bool:
        """Whether both sides' changes count."""
        return self.to_crm and self.to_erp

    def stored(self, json: object) -> Value:
        """Return the ERP value that a base holds in its JSON form."""
        return value_from_json(self.erp.type, json)


@dataclass(frozen=True)
class CompiledMapping:
    """The mapping of one actor type.

    Attributes:
        fields: The field mappings that have a direction.
        unpaired: What a pull does with actors that have no pairing; `unpaired_push` likewise with the hub's records.
        required: Hub fields without which no record can be made.
        parent_field: Hub field that refers to the record of the actor's parent; empty where it has none.
        searchable: Keys of the ERP's fields that an advanced search can ask for.
        list_state: A digest of each pair of lists with its table, by direction; where one changes, records whose items
            were not mapped may be so now. Keys begin with `to_crm` or `to_erp`; lists that were not given have none.
        fingerprint: 16 bytes that change with anything that may turn the same ERP values into others.
    """

    actor_type: ActorType
    entity: EntityType
    fields: tuple[CompiledField, ...]
    match_fields: tuple[str, ...]
    unpaired: Unpaired
    unpaired_push: Unpaired
    required: tuple[CrmField, ...]
    parent_field: str
    searchable: frozenset[str]
    list_state: Mapping[str, str]
    fingerprint: bytes

    @cached_property
    def pulled(self) -> tuple[CompiledField, ...]:
        """The field mappings that fill the hub."""
        return tuple(field for field in self.fields if field.to_crm)

    @cached_property
    def pushed(self) -> tuple[CompiledField, ...]:
        """The field mappings that fill the ERP."""
        return tuple(field for field in self.fields if field.to_erp)

    @cached_property
    def erp_keys(self) -> tuple[str, ...]:
        """Keys of the ERP fields that a pull asks for."""
        return tuple(field.erp.key for field in self.pulled)

    @cached_property
    def all_keys(self) -> tuple[str, ...]:
        """Keys of all mapped ERP fields: what has to be known of an actor before it is written."""
        return tuple(field.erp.key for field in self.fields)


def compile_mapping(
    session: Session, row: LinkActorType, zone_name: str = "", texts: ListTexts | None = None
) -> CompiledMapping:
    """Make the mapping of an actor type ready for a run.

    Fields that are gone from the ERP or the hub, or no longer go together, are left out: activation asks to unmap them,
    and until then they change nothing. A field that may no longer be written goes one way.

    Args:
        session: A session.
        row: The actor type with its fields.
        zone_name: The link's ERP time zone; empty means UTC.
        texts: Keys and display texts of the lists that `lists_to_read` names.

    Raises:
        NotFoundError: The hub does not have the entity that it is mapped to.
    """
    actor_type = actor_type_from_json(row.declaration)
    entity = entity_type_of(row.entity_type)
    crm_fields = fields_of(session, row.entity_type)
    chosen = list(chosen_fields(row, actor_type, crm_fields))
    pairs = {pair for each in chosen for pair in each.list_pairs}
    known = texts or {}
    makers = _Makers(
        tables=read_tables(session, row.link_id, pairs, known),
        texts=known,
        zone=ZoneInfo(zone_name) if zone_name else None,
    )
    parent_field = _parent_field(session, row, actor_type, entity)
    return CompiledMapping(
        actor_type=actor_type,
        entity=entity,
        fields=tuple(makers.field(each) for each in chosen),
        match_fields=tuple(key for key in row.match_fields if key in crm_fields),
        unpaired=Unpaired(row.unpaired_pull),
        unpaired_push=Unpaired(row.unpaired_push),
        required=tuple(field for field in entity.fields if field.required),
        parent_field=parent_field,
        searchable=frozenset(each.key for each in row.fields if each.searchable and each.missing_since is None),
        list_state=_list_state(chosen, makers),
        fingerprint=_fingerprint(chosen, makers, parent_field, zone_name),
    )


def lists_to_read(session: Session, row: LinkActorType, *, pushing: bool = True) -> set[str]:
    """Return the names of the ERP's lists that `compile_mapping` has to know.

    These are the lists whose display texts go into text fields, and those of which the hub may send an equal key: only
    one that the ERP's list has is sent. The latter are left out where nothing is to be sent (`pushing` false).
    """
    actor_type = actor_type_from_json(row.declaration)
    chosen = list(chosen_fields(row, actor_type, fields_of(session, row.entity_type)))
    shown = {name for each in chosen for name in each.lists_shown}
    return shown | {erp_list for each in chosen if pushing and each.to_erp for erp_list, _ in each.list_pairs}


@dataclass(frozen=True, slots=True)
class _Makers:
    """Makes the functions of a mapping; `told` is all of its lists that may turn an ERP value into another."""

    tables: Mapping[ListPair, ListTable]
    texts: ListTexts
    zone: ZoneInfo | None

    def field(self, chosen: ChosenField) -> CompiledField:
        return CompiledField(
            erp=chosen.erp,
            crm=chosen.crm,
            to_crm=chosen.to_crm,
            to_erp=chosen.to_erp,
            policy=chosen.row.policy,
            update_rule=chosen.row.update_rule,
            convert=self._convert(chosen.erp, chosen.crm),
            convert_back=self._convert_back(chosen.erp, chosen.crm),
            columns=tuple(
                CompiledColumn(erp, crm, is_sent(erp, crm), self._convert(erp, crm), self._convert_back(erp, crm))
                for erp, crm in chosen.columns
            ),
        )

    def told(self, chosen: ChosenField) -> list[Any]:
        tables = [sorted(self.tables[pair].to_crm.items()) for pair in chosen.list_pairs]
        return [*tables, *(sorted(self.texts.get(name, {}).items()) for name in chosen.lists_shown)]

    def _convert(self, erp: Field, crm: CrmField) -> Converter:
        table, texts = self.tables.get((erp.list_name, crm.list_key)), self.texts.get(erp.list_name)
        return converter(erp, crm, table=table, texts=texts, zone=self.zone)

    def _convert_back(self, erp: Field, crm: CrmField) -> BackConverter:
        return back_converter(erp, crm, table=self.tables.get((erp.list_name, crm.list_key)), zone=self.zone)


def parent_field_of(entity_type: str, parents: Collection[str]) -> str:
    """Return the field of an entity that refers to one of these entities, or nothing."""
    wanted = {parent for parent in parents if parent in entity_types()}
    fields = entity_type_of(entity_type).fields
    return next((each.key for each in fields if each.type is CrmType.REFERENCE and each.references in wanted), "")


def _parent_field(session: Session, row: LinkActorType, actor_type: ActorType, entity: EntityType) -> str:
    """Return the field of the entity that refers to the entity of the parent types."""
    parents = session.scalars(
        select(LinkActorType.entity_type).where(
            LinkActorType.link_id == row.link_id, LinkActorType.name.in_(actor_type.parents)
        )
    ).all()
    return parent_field_of(entity.key, parents)


def _list_state(chosen: list[ChosenField], makers: _Makers) -> dict[str, str]:
    filling = {pair for each in chosen if each.to_crm for pair in each.list_pairs}
    shown = {name for each in chosen if each.to_crm for name in each.lists_shown}
    sending = {pair for each in chosen if each.to_erp for pair in each.list_pairs if pair[0] in makers.texts}
    told: dict[str, Mapping[str, str]] = {
        **{f"to_crm {name}": makers.texts.get(name, {}) for name in shown},
        **{f"to_crm {' '.join(pair)}": makers.tables[pair].to_crm for pair in filling},
        **{f"to_erp {' '.join(pair)}": makers.tables[pair].to_erp for pair in sending},
    }
    return {key: _digest(sorted(items.items())).hex() for key, items in told.items()}


def _fingerprint(chosen: list[ChosenField], makers: _Makers, parent_field: str, zone_name: str) -> bytes:
    told = [
        (
            [
                (erp.key, erp.type.value, erp.list_name, crm.key, crm.type.value, crm.max_length, crm.list_key)
                for erp, crm in each.pairs
            ],
            each.to_crm,
            each.to_erp,
            each.row.update_rule,
            makers.told(each),
        )
        for each in chosen
    ]
    return _digest((told, parent_field, zone_name))


def _digest(told: object) -> bytes:
    return blake2b(repr(told).encode("utf-8", "surrogatepass"), digest_size=16).digest()
