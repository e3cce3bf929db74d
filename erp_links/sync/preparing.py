"""The actor types of a run: which take part, and their mappings as they are when a pass begins."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from erp_links.mapping.compiled import CompiledMapping, ListTexts, compile_mapping, lists_to_read
from erp_links.mapping.models import LinkActorType, Unpaired
from erp_links.runtime import LinkRuntime
from erp_links.sync.merge.deciding import Rules
from erp_links.sync.merge.ranking import origin_of, read_ranking
from erp_links.sync.merge.sides import Side
from erp_links.sync.models import RunMode
from erp_links.sync.ordering import parents_first
from erp_links.sync.run_in_hand import RunInHand
from sync_connectors.codec import actor_type_from_json

_FORCED = {RunMode.RESYNC_FROM_CRM: Side.CRM, RunMode.RESYNC_FROM_ERP: Side.ERP}


def active_types(session: Session, link_id: int) -> list[LinkActorType]:
    """Return the actor types that a run goes through, with their fields, parents first."""
    rows = session.scalars(
        select(LinkActorType)
        .where(LinkActorType.link_id == link_id, LinkActorType.active, LinkActorType.missing_since.is_(None))
        .options(selectinload(LinkActorType.fields), joinedload(LinkActorType.link))
        .execution_options(populate_existing=True)
    ).all()
    return parents_first(rows)


def goes_to_erp(row: LinkActorType) -> bool:
    """Whether anything of the hub goes to the ERP as this actor type."""
    able = actor_type_from_json(row.declaration).capabilities
    if not (able.save or able.create):
        return False
    return row.unpaired_push != Unpaired.IGNORE or any(field.to_erp and field.crm_field for field in row.fields)


class Preparing:
    """Makes mappings ready; what the ERP's lists have is asked once in a run.

    Attributes:
        texts: Keys and display texts of the lists that were asked for.
    """

    def __init__(self, run: RunInHand) -> None:
        self._run = run
        self.texts: dict[str, Mapping[str, str]] = {}

    def ask_for_lists(self, rows: Sequence[LinkActorType]) -> None:
        """Ask the ERP for the lists that the mappings of these types have to know.

        Raises:
            ConnectorError: What the connector raised.
        """
        with self._run.database.reading() as session:
            wanted = {name for row in rows for name in lists_to_read(session, row)}
        for name in sorted(wanted - self.texts.keys()):
            self.texts[name] = self._run.link_session.list_items(name)

    def rules(self, session: Session, row: LinkActorType) -> Rules:
        """Return what decides about records of a type, as it is in the transaction of `session`."""
        mapping = compiled(session, self._run.runtime, row, self.texts)
        forced = _FORCED.get(self._run.mode)
        return Rules(mapping, read_ranking(session), origin_of(self._run.permit.link_id), forced, self._run.keep_blanks)


def compiled(session: Session, runtime: LinkRuntime, row: LinkActorType, texts: ListTexts) -> CompiledMapping:
    """Return the mapping of a type as it is in the transaction of `session`; `texts` are of the ERP's lists."""
    return compile_mapping(session, row, row.link.erp_time_zone or runtime.settings.time_zone, texts)


def locked_type(session: Session, row: LinkActorType) -> LinkActorType:
    """Return an actor type as it is now; nobody changes its mapping until the transaction ends."""
    return session.scalars(
        select(LinkActorType)
        .where(LinkActorType.id == row.id)
        .options(selectinload(LinkActorType.fields), joinedload(LinkActorType.link, innerjoin=True))
        .execution_options(populate_existing=True)
        .with_for_update(of=LinkActorType)
    ).one()
