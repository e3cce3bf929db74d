"""Which lists the mapping of a link joins, and the tables between them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from erp_links.links.models import ErpLink
from erp_links.mapping.compiled_lists import ListPair
from erp_links.mapping.models import ListMapping
from erp_links.mapping.reading import LinkMapping, MappedActorType, MappedField, mapping_of
from host.crm.fields import CrmField, CrmType
from host.crm.models import CrmList
from host.errors import NotFoundError
from sync_connectors import Field, FieldType


@dataclass(frozen=True, slots=True)
class JoinedLists:
    """A list of the ERP and a list of the hub that fields of a link join, with the table between them.

    Attributes:
        crm_name: What people call the hub's list.
        fields: The fields that join the two, in words.
        actor_types: Names of their actor types.
        version: Of the table; 0 while it was never saved.
        entries: Key of the ERP's item → key of the hub's.
    """

    erp_list: str
    crm_list: str
    crm_name: str
    fields: tuple[str, ...]
    actor_types: frozenset[str]
    version: int = 0
    entries: Mapping[str, str] = field(default_factory=dict)

    @property
    def pair(self) -> ListPair:
        """The two lists."""
        return self.erp_list, self.crm_list


def joined_lists(session: Session, link: ErpLink) -> list[JoinedLists]:
    """Return all pairs of lists that mapped fields of the link join, in the order of the mapping.

    A field counts as soon as it is mapped, with or without a direction; columns of rows count as well.
    """
    used: dict[ListPair, tuple[list[str], set[str]]] = {}
    for mapped, each in _list_fields(mapping_of(session, link)):
        for pair, words in _pairs(mapped, each):
            fields, types = used.setdefault(pair, ([], set()))
            fields.append(words)
            types.add(mapped.name)
    names = dict(
        session.execute(select(CrmList.key, CrmList.name).where(CrmList.key.in_({pair[1] for pair in used}))).all()
    )
    tables = {
        (table.erp_list, table.crm_list): table
        for table in session.scalars(
            select(ListMapping).where(ListMapping.link_id == link.id).options(selectinload(ListMapping.items))
        )
    }
    return [
        JoinedLists(
            erp_list=pair[0],
            crm_list=pair[1],
            crm_name=names.get(pair[1], pair[1]),
            fields=tuple(fields),
            actor_types=frozenset(types),
            version=tables[pair].version if pair in tables else 0,
            entries={item.erp_key: item.crm_key for item in tables[pair].items} if pair in tables else {},
        )
        for pair, (fields, types) in used.items()
    ]


def joined_list(session: Session, link: ErpLink, erp_list: str, crm_list: str) -> JoinedLists:
    """Return one pair of lists.

    Raises:
        NotFoundError: No mapped field of the link joins the two.
    """
    for each in joined_lists(session, link):
        if each.pair == (erp_list, crm_list):
            return each
    raise NotFoundError("no mapped field joins these two lists")


def _list_fields(mapping: LinkMapping) -> Iterator[tuple[MappedActorType, MappedField]]:
    for mapped in mapping.actor_types:
        if mapped.row.missing_since is None:
            yield from ((mapped, each) for each in mapped.fields if not each.is_gone)


def _pairs(mapped: MappedActorType, each: MappedField) -> Iterator[tuple[ListPair, str]]:
    words = f"{mapped.actor_type.label}: {each.field.label or each.field.key}"
    if _are_lists(each.field, each.crm_field):
        yield _pair(each.field, each.crm_field), words
    for column in each.columns:
        if _are_lists(column.erp, column.crm):
            yield _pair(column.erp, column.crm), f"{words}, {column.erp.label or column.erp.key}"


def _are_lists(erp_field: Field, crm_field: CrmField | None) -> bool:
    return erp_field.type is FieldType.LIST and crm_field is not None and crm_field.type is CrmType.LIST


def _pair(erp_field: Field, crm_field: CrmField | None) -> ListPair:
    return erp_field.list_name, crm_field.list_key if crm_field else ""
