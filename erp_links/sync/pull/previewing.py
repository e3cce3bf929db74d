"""A preview: everything is read and merged as a full read does it, and nothing is written but what would be."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from erp_links.mapping.models import LinkActorType
from erp_links.mapping.settings_digest import settings_digest
from erp_links.sync.brake import Brake
from erp_links.sync.failures import Direction
from erp_links.sync.merge.deciding import Rules
from erp_links.sync.merge.sides import FieldChange
from erp_links.sync.models import Pass, Run
from erp_links.sync.passes import OpenPass, store_progress, store_run_counts
from erp_links.sync.preparing import Preparing, active_types, locked_type
from erp_links.sync.pull.bulk_load import BulkLoad
from erp_links.sync.pull.pages import PageTaker, Sifted
from erp_links.sync.pull.planning import Adoption, Plan, Update
from erp_links.sync.pull.pull_passes import change_pages
from erp_links.sync.pull.pulling import Pull
from erp_links.sync.pull.read_pages import PageReader, Progress
from erp_links.sync.pull.translated_pages import Records
from erp_links.sync.run_in_hand import RunInHand
from host.crm.values import to_json
from sync_connectors import Rejection

MOST_SAMPLED = 200
"""So many changes are kept to be looked at; all are counted."""


def preview(run: RunInHand, preparing: Preparing) -> None:
    """Find out what a full read of the run's actor type would do.

    A worker that takes the run over begins anew: nothing of what was counted is worth keeping.

    Raises:
        ConnectorError: What the connector raised.
        RunEndedError: The run may not go on.
    """
    run.counts.clear()
    with run.database.reading() as session:
        run.permit.assert_wanted(session)
        name = session.get_one(Run, run.permit.run_id).actor_type
        rows = [row for row in active_types(session, run.permit.link_id) if row.name == name]
    for row in rows:
        preparing.ask_for_lists([row])
        _preview_type(run, preparing, row)


def _preview_type(run: RunInHand, preparing: Preparing, row: LinkActorType) -> None:
    with run.database.writing() as session:
        at = run.permit.assert_wanted(session)
        present = locked_type(session, row)
        rules = preparing.rules(session, present)
        open_pass = _open_pass(session, run.permit.run_id, present, at)
    taker = _Counting(run, rules, open_pass)
    pages = change_pages(run, preparing, row, PageReader(rules.mapping), rules.mapping)
    Pull(run, open_pass, pages, taker, BulkLoad(run, rules.mapping, open_pass)).run(rules.mapping.erp_keys)


def _open_pass(session: Session, run_id: int, row: LinkActorType, at: datetime) -> OpenPass:
    """Begin the pass, in place of one that was given up."""
    session.execute(
        delete(Pass)
        .where(
            Pass.link_id == row.link_id,
            Pass.actor_type == row.name,
            Pass.direction == Direction.PREVIEW.value,
            Pass.finished_at.is_(None),
        )
        .execution_options(synchronize_session=False)
    )
    begun = Pass(
        run_id=run_id,
        link_id=row.link_id,
        actor_type=row.name,
        direction=Direction.PREVIEW.value,
        full_read=True,
        mapping=settings_digest(session, row),
        counts={},
        sample=[],
        started_at=at,
    )
    session.add(begun)
    session.flush()
    return OpenPass(
        id=begun.id,
        actor_type_id=row.id,
        actor_type=row.name,
        watermark=None,
        resume=None,
        watermark_candidate=None,
        moves_watermark=False,
    )


class _Counting(PageTaker):
    """Takes no page over: it counts what a page would do, and keeps a sample of the changes."""

    def __init__(self, run: RunInHand, rules: Rules, open_pass: OpenPass) -> None:
        super().__init__(run.database, run.permit, rules, open_pass, run.counts, run.reached, Brake(None))
        self._sample: list[dict[str, Any]] = []
        self._of_page: list[dict[str, Any]] = []

    def take(
        self,
        records: Records,
        rejections: Sequence[Rejection] = (),
        progress: Progress | None = None,
        sifted: Sifted | None = None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        """Count what a page would do; raises as a page that is taken over."""
        super().take(records, rejections, progress, sifted, meanwhile)
        self._sample += self._of_page
        self._of_page = []

    def _write(self, session: Session, plan: Plan, sifted: Sifted, at: datetime) -> None:
        """Write nothing; a page that is tried again is counted anew."""
        self._of_page = []
        plan.counts["owed"] += len(plan.owed)
        changed: list[Adoption | Update] = [*plan.adoptions, *plan.updates]
        for each in changed:
            plan.counts["conflicts"] += len(each.merged.questions)
            for change in each.merged.changes:
                plan.counts["cleared"] += change.new in (None, {})
                if len(self._sample) + len(self._of_page) < MOST_SAMPLED:
                    self._of_page.append(_told(each, change))

    def _store(self, session: Session, counts: Counter[str], progress: Progress | None) -> None:
        total = progress.total if progress is not None else None
        both = self._pass.counts + counts
        store_progress(session, self._pass, counts=both, resume=None, candidate=None, total=total)
        store_run_counts(session, self._permit.run_id, self._totals + counts)
        if self._of_page:
            session.execute(
                update(Pass)
                .where(Pass.id == self._pass.id)
                .values(sample=self._sample + self._of_page)
                .execution_options(synchronize_session=False)
            )


def _told(changed: Adoption | Update, change: FieldChange) -> dict[str, Any]:
    return {
        "erp_key": changed.incoming.actor.key,
        "entity_id": changed.record.id,
        "crm_field": change.crm_field,
        "erp_field": change.erp_field,
        "old": to_json(change.old),
        "new": to_json(change.new),
        "reason": change.reason.value,
    }
