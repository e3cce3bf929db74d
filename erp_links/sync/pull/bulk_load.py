"""What a pass does without while it fills an entity: the indexes that nobody looks for records by meanwhile."""

import logging
from types import TracebackType
from typing import Self, cast

from sqlalchemy import Table, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink, LinkState
from erp_links.mapping.compiled import CompiledMapping
from erp_links.mapping.models import LinkActorType, Unpaired
from erp_links.sync.models import Pairing, RunMode
from erp_links.sync.passes import OpenPass
from erp_links.sync.permit import LeaseLostError
from erp_links.sync.pull.read_pages import ReadPage
from erp_links.sync.run_in_hand import RunInHand
from host.crm.lifting import has_fewer_than, lift_indexes, lifted_by, restore_index
from host.crm.tables import table_of
from host.database import refresh_sizes

_PAIRING = cast(Table, Pairing.__table__)

log = logging.getLogger(__name__)

WORTH_RECORDS = 10_000
"""With fewer to come the indexes stay in memory while they grow, and a second without them gains nothing."""
EMPTY_SHARE = 10
"""An entity with less than this part of what is to come counts as empty: its records have to be indexed again too."""


class BulkLoad:
    """Has the indexes of a pass's entity dropped where it brings many records, and made again when it ends.

    A worker that takes the run over goes on without them and makes them again at its own end. What is left when the run
    has ended is `LeftIndexes`' to make.
    """

    def __init__(self, run: RunInHand, mapping: CompiledMapping, open_pass: OpenPass) -> None:
        """Take the pass. Nothing is dropped for one that does not read everything to create what is new."""
        self._run = run
        self._pass = open_pass
        self._entity_type = mapping.entity.key
        self._may_fill = (
            run.mode is RunMode.SYNC and open_pass.watermark is None and mapping.unpaired is Unpaired.CREATE
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._may_fill:
            self._restore()

    def begin(self, page: ReadPage) -> None:
        """Drop the indexes if a page that is about to be written is the first of many.

        Raises:
            RunEndedError: The run may not go on.
        """
        run = self._run
        if not self._may_fill or self._pass.resume is not None:
            return
        expected = max(page.progress.total or 0, sum(len(part.actors) for part in page.parts))
        if expected < WORTH_RECORDS:
            return
        with run.database.reading() as session:
            if not has_fewer_than(session, self._entity_type, max(expected // EMPTY_SHARE, 1)):
                return
        with run.database.writing() as session:
            run.permit.assert_wanted(session)
            kept = _found_by(session, self._entity_type)
            lifted = lift_indexes(session, self._entity_type, kept, run.permit.run_id)
        if lifted:
            log.info("indexes of %s are dropped until the pass ends", self._entity_type)
            run.reached("indexes lifted")

    def _restore(self) -> None:
        run = self._run
        try:
            with run.database.reading() as session:
                names = lifted_by(session, run.permit.run_id)
            for name in names:
                # one after the other, so that the lease is renewed and others write in between
                with run.database.writing() as session:
                    run.permit.assert_held(session)
                    restore_index(session, name)
                run.reached("index made again")
            if names:
                with run.database.writing() as session:
                    refresh_sizes(session, table_of(self._entity_type), _PAIRING)
        except LeaseLostError:
            log.info("whoever has taken the run over makes the indexes of %s again", self._entity_type)
        except DBAPIError:
            log.warning("indexes of %s are made again when the run has ended", self._entity_type, exc_info=True)


def _found_by(session: Session, entity_type: str) -> set[str]:
    """Return the fields by which any active link looks for records of an entity."""
    match_fields = session.scalars(
        select(LinkActorType.match_fields)
        .join(LinkActorType.link)
        .where(
            LinkActorType.entity_type == entity_type,
            LinkActorType.active,
            ErpLink.state == LinkState.ACTIVE.value,
        )
    )
    return {key for keys in match_fields for key in keys}
