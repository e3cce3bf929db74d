"""Taking one page over into the hub, in one transaction."""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from erp_links.mapping.models import Unpaired
from erp_links.sync.brake import Brake
from erp_links.sync.failures import Direction, Failure, KnownFailure, any_failures, known_failures
from erp_links.sync.merge.conflicts import Choices, may_ask, read_choices, store_questions
from erp_links.sync.merge.deciding import Rules
from erp_links.sync.pairings import (
    KeyedBy,
    PairingGlance,
    StoredPairing,
    any_pairings,
    glance,
    read_pairings,
    read_parents,
    read_taken,
)
from erp_links.sync.passes import OpenPass, store_progress, store_run_counts
from erp_links.sync.permit import RunPermit
from erp_links.sync.pull.pairing import Match, PairingPolicy, PairWith, Recognised, match_keys, matches_of
from erp_links.sync.pull.planning import Known, Plan, Planner
from erp_links.sync.pull.read_pages import Progress
from erp_links.sync.pull.recognising import read_pending, recognise
from erp_links.sync.pull.translated_pages import Records, TranslatedPage
from erp_links.sync.pull.writing import PageWriter
from erp_links.sync.push.intents import forget_intents
from erp_links.sync.reasons import FailureReason
from erp_links.sync.run_in_hand import Reached
from erp_links.sync.trying_again import wait_to_try_again
from host.crm import bulk, outbox
from host.crm.matching import find_by
from host.crm.record import Record
from host.database import Database
from sync_connectors import Rejection

log = logging.getLogger(__name__)


class _MovedError(Exception):
    """A pairing changed between the look at it and the lock of its record; the page is looked at again."""


@dataclass(frozen=True, slots=True)
class Sifted:
    """A page apart: what is new, in both forms, and what is known of the records before anything is locked.

    Attributes:
        page: The records with something new.
        equal: ERP keys of those without.
        timestamps: New timestamps of these, by pairing id.
    """

    page: TranslatedPage
    equal: frozenset[str]
    timestamps: Mapping[int, str]
    glances: Mapping[str, PairingGlance]
    failed: Mapping[str, KnownFailure]


@dataclass(slots=True)
class _Remembered:
    """Whether the link knows anything of an actor type: of one that it does not, no page need be looked up.

    While a run holds the link, only its own pages add failed records. People may pair records meanwhile; then the
    database refuses a second pairing, or the record that is found turns out to be paired.
    """

    pairings: bool
    failures: bool


class PageTaker:
    """Takes the pages of one pass over.

    What needs no lock is done before the transaction begins: the look at content hashes, and the translation of those
    records whose content is new. A record whose hash is the stored one is not looked at again.
    """

    def __init__(
        self,
        database: Database,
        permit: RunPermit,
        rules: Rules,
        open_pass: OpenPass,
        totals: Counter[str],
        reached: Reached,
        brake: Brake,
    ) -> None:
        """Take what holds for the whole pass; `totals` are the counts of the run so far."""
        self._database = database
        self._permit = permit
        self._rules = rules
        self._pass = open_pass
        self._totals = totals
        self._reached = reached
        self._brake = brake
        self._entity_type = rules.mapping.entity.key
        self._match_keys = match_keys(rules.mapping)
        parent = (rules.mapping.parent_field,) if rules.mapping.parent_field else ()
        self._hub_keys = tuple({*(each.crm.key for each in rules.mapping.pulled), *parent})
        self._remembered: _Remembered | None = None
        with database.reading() as session:
            self._may_ask = may_ask(session, permit.link_id, rules.mapping)
            # only a push begins to make a record, and none does while this pull holds the link
            self._is_making = bool(read_pending(session, permit.link_id, open_pass.actor_type, self._entity_type))

    def sift(self, records: Records, rejections: Sequence[Rejection] = ()) -> Sifted:
        """Leave out what has nothing new, and have the rest in both forms.

        Nothing is written, and it may run on another thread while an earlier page is written, unless that one has a
        record in common with this.
        """
        link_id, actor_type, actors = self._permit.link_id, self._pass.actor_type, records.actors
        keys = [actor.key for actor in actors]
        told = [*keys, *(each.key for each in rejections)]
        if not told:
            return Sifted(records.pick([]), frozenset(), {}, {}, {})
        with self._database.reading() as session:
            remembered = self._remember(session)
            glances = glance(session, link_id, actor_type, keys) if remembered.pairings else {}
            failed = known_failures(session, link_id, actor_type, told) if remembered.failures else {}
        fresh, equal, timestamps = [*range(len(actors))], set(), {}
        if glances:
            fresh = []
            for place, (actor, digest) in enumerate(zip(actors, records.digests, strict=True)):
                known = glances.get(actor.key)
                if known is None or not known.is_settled_at(digest):
                    fresh.append(place)
                    continue
                equal.add(actor.key)
                if known.erp_timestamp != actor.timestamp:
                    timestamps[known.id] = actor.timestamp
        return Sifted(records.pick(fresh), frozenset(equal), timestamps, glances, failed)

    def _remember(self, session: Session) -> _Remembered:
        """Find out, once in a pass, whether there is anything to look up."""
        if self._remembered is None:
            link_id, actor_type = self._permit.link_id, self._pass.actor_type
            self._remembered = _Remembered(
                pairings=any_pairings(session, link_id, actor_type),
                failures=any_failures(session, link_id, [actor_type], Direction.PULL),
            )
        return self._remembered

    def take(
        self,
        records: Records,
        rejections: Sequence[Rejection] = (),
        progress: Progress | None = None,
        sifted: Sifted | None = None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        """Write what a page brings: entities, pairings, bases, log, failed records, counts and cursor, or nothing.

        `sifted` is the page where it has been looked at already; `meanwhile` is called when all is decided and only
        the database has to work.

        Raises:
            RunEndedError: The run may not go on; nothing of the page is written.
        """
        for tried in count(1):
            try:
                self._take(sifted or self.sift(records, rejections), rejections, progress, meanwhile)
            except (_MovedError, DBAPIError) as error:
                self._remembered = _Remembered(pairings=True, failures=True)
                wait_to_try_again(tried, error)
                log.info("a page is taken over again: %s", error)
                sifted = None
            else:
                return

    def _take(
        self,
        sifted: Sifted,
        rejections: Sequence[Rejection],
        progress: Progress | None,
        meanwhile: Callable[[], None],
    ) -> None:
        with self._database.writing() as session:
            at = self._permit.assert_wanted(session)
            plan = self._plan(session, sifted.page, sifted.glances)
            plan.failures.extend(_unreadable(each) for each in rejections)
            plan.settled.update(sifted.equal)
            read = len(sifted.page) + len(sifted.equal) + len(rejections)
            plan.counts.update(read=read, equal=len(sifted.equal), failed=len(rejections))
            self._brake.take(sum(bool(each.merged.changes) for each in plan.updates))
            if plan.failures and self._remembered is not None:
                self._remembered.failures = True
            meanwhile()
            self._write(session, plan, sifted, at)
            self._store(session, plan.counts, progress)
            self._reached("page about to be committed")
        self._pass.counts += plan.counts
        self._totals += plan.counts
        if progress is not None:
            self._pass.resume = progress.resume
            self._pass.watermark_candidate = progress.candidate or self._pass.watermark_candidate
        self._reached("page committed")

    def _write(self, session: Session, plan: Plan, sifted: Sifted, at: datetime) -> None:
        writer = self._writer(session, at)
        writer.write(plan, sifted.failed)
        writer.stamp(sifted.timestamps)
        if self._may_ask:
            asked = {each.pairing.id: each.merged for each in plan.updates}
            permit = self._permit
            plan.counts["conflicts"] += store_questions(session, permit.link_id, permit.run_id, writer.at, asked)
        if plan.made:
            named = {"link_id": writer.link_id, "actor_type": writer.actor_type, "entity_type": writer.entity_type}
            forget_intents(session, named, plan.made)
        if plan.owed:
            outbox.enqueue(session, self._rules.origin, self._entity_type, plan.owed, writer.at)

    def _plan(self, session: Session, page: TranslatedPage, glances: Mapping[str, PairingGlance]) -> Plan:
        """Lock the records first, then read what is merged."""
        keys = [actor.key for actor in page.actors]
        entity_ids = {entity_id for key in keys if key in glances and (entity_id := glances[key].entity_id) is not None}
        records = self._lock(session, entity_ids)
        pairings = self._pairings(session, keys, glances)
        _assert_unmoved(pairings, glances)
        parents = self._parents(session, page)
        planner = Planner(self._rules, Known(pairings, records, parents, self._choices(session, pairings)), page)
        unpaired = []
        for place, key in enumerate(keys):
            pairing = pairings.get(key)
            if pairing is not None:
                planner.settle_paired(place, pairing)
            elif self._rules.mapping.unpaired is Unpaired.IGNORE or not planner.waits(place):
                unpaired.append(place)
        if unpaired:
            self._plan_unpaired(session, planner, page, unpaired, records)
        return planner.plan

    def _pairings(
        self, session: Session, keys: Sequence[str], glances: Mapping[str, PairingGlance]
    ) -> dict[str, StoredPairing]:
        """Lock the pairings of the page."""
        if self._rules.mapping.unpaired is Unpaired.CREATE:
            # what was paired since the look becomes a double pairing, which the database refuses
            keys = [key for key in keys if key in glances]
        return read_pairings(session, self._permit.link_id, self._pass.actor_type, keys) if keys else {}

    def _choices(self, session: Session, pairings: Mapping[str, StoredPairing]) -> Choices:
        return read_choices(session, [pairing.id for pairing in pairings.values()]) if self._may_ask else {}

    def _plan_unpaired(
        self,
        session: Session,
        planner: Planner,
        page: TranslatedPage,
        unpaired: Sequence[int],
        records: dict[int, Record],
    ) -> None:
        wanted: Sequence[Match | None] = [None] * len(unpaired)
        found: dict[Match, list[int]] = {}
        recognised: Recognised = {}
        if self._rules.mapping.unpaired is not Unpaired.IGNORE:
            if self._match_keys:
                wanted = matches_of([planner.column(key, unpaired) for key in self._match_keys])
                asked = {match for match in wanted if match is not None}
                found = find_by(session, self._entity_type, self._match_keys, asked)
            recognised = self._recognise(session, page, unpaired)
        ours = {each.entity_id for each in recognised.values() if isinstance(each, PairWith)}
        candidates = ours | {ids[0] for ids in found.values() if len(ids) == 1}
        records.update(self._lock(session, candidates))
        taken = read_taken(session, self._permit.link_id, self._entity_type, candidates)
        if taken and not self._remember(session).pairings:
            raise _MovedError("somebody pairs records of this link meanwhile")
        policy = PairingPolicy(self._rules.mapping, found, taken, wanted)
        planner.settle_unpaired(unpaired, wanted, policy, recognised)

    def _recognise(self, session: Session, page: TranslatedPage, unpaired: Sequence[int]) -> Recognised:
        if not self._is_making:
            return {}
        pending = read_pending(session, self._permit.link_id, self._pass.actor_type, self._entity_type)
        return recognise(pending, [page.record(place) for place in unpaired])

    def _lock(self, session: Session, entity_ids: Collection[int]) -> dict[int, Record]:
        if not entity_ids:
            return {}
        return bulk.read_many(session, self._entity_type, entity_ids, self._hub_keys, lock=True)

    def _parents(self, session: Session, page: TranslatedPage) -> dict[KeyedBy, int]:
        if not self._rules.mapping.parent_field:
            return {}
        told = {(actor.parent.actor_type, actor.parent.key) for actor in page.actors if actor.parent}
        parents = read_parents(session, self._permit.link_id, told)
        field = self._rules.mapping.entity.by_key[self._rules.mapping.parent_field]
        # a parent that was deleted in the hub a moment ago is no parent any more
        present = bulk.read_many(session, field.references, set(parents.values()), ()) if parents else {}
        return {told: entity_id for told, entity_id in parents.items() if entity_id in present}

    def _writer(self, session: Session, at: datetime) -> PageWriter:
        return PageWriter(
            session=session,
            link_id=self._permit.link_id,
            run_id=self._permit.run_id,
            actor_type=self._pass.actor_type,
            entity_type=self._entity_type,
            origin=self._rules.origin,
            at=at,
        )

    def _store(self, session: Session, counts: Counter[str], progress: Progress | None) -> None:
        if progress is not None:
            store_progress(
                session,
                self._pass,
                counts=self._pass.counts + counts,
                resume=progress.resume,
                candidate=progress.candidate,
                total=progress.total,
            )
        store_run_counts(session, self._permit.run_id, self._totals + counts)


def _assert_unmoved(pairings: Mapping[str, StoredPairing], glances: Mapping[str, PairingGlance]) -> None:
    for key, pairing in pairings.items():
        seen = glances.get(key)
        if seen is None or seen.entity_id != pairing.entity_id:
            raise _MovedError(f"the pairing of {key} changed meanwhile")


def _unreadable(rejection: Rejection) -> Failure:
    return Failure(
        erp_key=rejection.key,
        reason=FailureReason.UNREADABLE,
        message=rejection.text,
        instruction=rejection.instruction,
        technical=rejection.technical,
        erp_field=rejection.field,
        label=_("record %(key)s", key=rejection.key)[:254],
    )
