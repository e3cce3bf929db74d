"""Taking one page over into the hub, in one transaction."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from erp_links.mapping.models import Unpaired
from erp_links.sync.brake import Brake
from erp_links.sync.failures import Failure, KnownFailure, known_failures
from erp_links.sync.merge.conflicts import Choices, may_ask, read_choices, store_questions
from erp_links.sync.merge.deciding import Rules
from erp_links.sync.merge.translating import Translated, Translator
from erp_links.sync.pairings import (
    KeyedBy,
    PairingGlance,
    StoredPairing,
    glance,
    read_pairings,
    read_parents,
    read_taken,
)
from erp_links.sync.passes import OpenPass, store_progress, store_run_counts
from erp_links.sync.permit import RunPermit
from erp_links.sync.pull.pairing import Match, PairingPolicy, PairWith, Recognised, match_keys
from erp_links.sync.pull.planning import Known, Plan, Planner
from erp_links.sync.pull.recognising import read_pending, recognise
from erp_links.sync.pull.writing import PageWriter
from erp_links.sync.push.intents import forget_intents
from erp_links.sync.reasons import FailureReason
from host.crm import bulk, outbox
from host.crm.matching import find_by
from host.crm.record import Record
from host.database import Database
from host.jobs.clock import read_clock
from sync_connectors import Actor, Rejection

log = logging.getLogger(__name__)


_TRIES = 5

Reached = Callable[[str], None]
"""Told the name of each point that a run passes; tests kill the process there."""


class _MovedError(Exception):
    """A pairing changed between the look at it and the lock of its record; the page is looked at again."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pass has come with a page."""

    resume: str | None
    candidate: str | None
    total: int | None


class PageTaker:
    """Takes the pages of one pass over.

    What needs no lock is done before the transaction begins: content hashes, and the translation of those records
    whose content is new. A record whose hash is the stored one is not looked at again.
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
        with database.reading() as session:
            self._may_ask = may_ask(session, permit.link_id, rules.mapping)
        self._translator = Translator(rules.mapping)
        self._entity_type = rules.mapping.entity.key
        self._match_keys = match_keys(rules.mapping)
        parent = (rules.mapping.parent_field,) if rules.mapping.parent_field else ()
        self._hub_keys = tuple({*(each.crm.key for each in rules.mapping.pulled), *parent})

    def take(
        self, actors: Sequence[Actor], rejections: Sequence[Rejection] = (), progress: Progress | None = None
    ) -> None:
        """Write what a page brings: entities, pairings, bases, log, failed records, counts and cursor, or nothing.

        Raises:
            RunEndedError: The run may not go on; nothing of the page is written.
        """
        for tried in range(1, _TRIES + 1):
            try:
                self._take(actors, rejections, progress)
            except (_MovedError, DBAPIError) as error:
                # editors may lock the same records or pair them meanwhile; a broken connection is not theirs to heal
                if tried == _TRIES or (isinstance(error, DBAPIError) and error.connection_invalidated):
                    raise
                log.info("a page is taken over again: %s", error)
                time.sleep(0.05 * tried)
            else:
                return

    def _take(self, actors: Sequence[Actor], rejections: Sequence[Rejection], progress: Progress | None) -> None:
        link_id, actor_type = self._permit.link_id, self._pass.actor_type
        keys = [actor.key for actor in actors]
        with self._database.reading() as session:
            glances = glance(session, link_id, actor_type, keys)
            failed = known_failures(session, link_id, actor_type, [*keys, *(each.key for each in rejections)])
        sifted = self._sift(actors, glances)
        with self._database.writing() as session:
            self._permit.assert_wanted(session)
            plan = self._plan(session, sifted.incoming, glances)
            plan.failures.extend(_unreadable(each) for each in rejections)
            plan.settled.update(sifted.equal)
            plan.counts.update(read=len(actors) + len(rejections), equal=len(sifted.equal), failed=len(rejections))
            self._brake.take(sum(bool(each.merged.changes) for each in plan.updates))
            self._write(session, plan, sifted, failed)
            self._store(session, plan.counts, progress)
            self._reached("page about to be committed")
        self._pass.counts += plan.counts
        self._totals += plan.counts
        if progress is not None:
            self._pass.resume = progress.resume
            self._pass.watermark_candidate = progress.candidate or self._pass.watermark_candidate
        self._reached("page committed")

    def _write(self, session: Session, plan: Plan, sifted: "_Sifted", failed: Mapping[str, KnownFailure]) -> None:
        writer = self._writer(session)
        writer.write(plan, failed)
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

    def _sift(self, actors: Sequence[Actor], glances: Mapping[str, PairingGlance]) -> "_Sifted":
        """Leave out what has nothing new, and translate the rest."""
        sifted = _Sifted()
        fresh: list[Actor] = []
        digests: list[bytes] = []
        for actor in actors:
            digest = self._translator.digest(actor)
            known = glances.get(actor.key)
            if known is None or not known.is_settled_at(digest):
                fresh.append(actor)
                digests.append(digest)
                continue
            sifted.equal.add(actor.key)
            if known.erp_timestamp != actor.timestamp:
                sifted.timestamps[known.id] = actor.timestamp
        sifted.incoming = self._translator.translate_all(fresh, digests)
        return sifted

    def _plan(self, session: Session, incoming: Sequence[Translated], glances: Mapping[str, PairingGlance]) -> Plan:
        """Lock the records first, then read what is merged."""
        entity_ids = {
            entity_id
            for each in incoming
            if each.actor.key in glances and (entity_id := glances[each.actor.key].entity_id) is not None
        }
        records = self._lock(session, entity_ids)
        keys = [each.actor.key for each in incoming]
        pairings = read_pairings(session, self._permit.link_id, self._pass.actor_type, keys) if keys else {}
        _assert_unmoved(pairings, glances)
        parents = self._parents(session, incoming)
        planner = Planner(self._rules, Known(pairings, records, parents, self._choices(session, pairings)))
        unpaired = []
        for each in incoming:
            pairing = pairings.get(each.actor.key)
            if pairing is not None:
                planner.settle_paired(each, pairing)
            elif self._rules.mapping.unpaired is Unpaired.IGNORE or not planner.waits(each):
                unpaired.append(each)
        if unpaired:
            self._plan_unpaired(session, planner, unpaired, records)
        return planner.plan

    def _choices(self, session: Session, pairings: Mapping[str, StoredPairing]) -> Choices:
        return read_choices(session, [pairing.id for pairing in pairings.values()]) if self._may_ask else {}

    def _plan_unpaired(
        self, session: Session, planner: Planner, unpaired: Sequence[Translated], records: dict[int, Record]
    ) -> None:
        wanted = planner.matches(unpaired, self._match_keys)
        found: dict[Match, list[int]] = {}
        if self._match_keys and self._rules.mapping.unpaired is not Unpaired.IGNORE:
            asked = {match for match in wanted if match is not None}
            found = find_by(session, self._entity_type, self._match_keys, asked) if asked else {}
        recognised = self._recognise(session, unpaired)
        ours = {each.entity_id for each in recognised.values() if isinstance(each, PairWith)}
        candidates = ours | {ids[0] for ids in found.values() if len(ids) == 1}
        records.update(self._lock(session, candidates))
        taken = read_taken(session, self._permit.link_id, self._entity_type, candidates)
        policy = PairingPolicy(self._rules.mapping, found, taken, wanted)
        planner.settle_unpaired(unpaired, self._match_keys, policy, recognised)

    def _recognise(self, session: Session, unpaired: Sequence[Translated]) -> Recognised:
        if self._rules.mapping.unpaired is Unpaired.IGNORE:
            return {}
        pending = read_pending(session, self._permit.link_id, self._pass.actor_type, self._entity_type)
        return recognise(pending, unpaired)

    def _lock(self, session: Session, entity_ids: Collection[int]) -> dict[int, Record]:
        if not entity_ids:
            return {}
        return bulk.read_many(session, self._entity_type, entity_ids, self._hub_keys, lock=True)

    def _parents(self, session: Session, incoming: Sequence[Translated]) -> dict[KeyedBy, int]:
        if not self._rules.mapping.parent_field:
            return {}
        told = {(each.actor.parent.actor_type, each.actor.parent.key) for each in incoming if each.actor.parent}
        parents = read_parents(session, self._permit.link_id, told)
        field = self._rules.mapping.entity.by_key[self._rules.mapping.parent_field]
        # a parent that was deleted in the hub a moment ago is no parent any more
        present = bulk.read_many(session, field.references, set(parents.values()), ()) if parents else {}
        return {told: entity_id for told, entity_id in parents.items() if entity_id in present}

    def _writer(self, session: Session) -> PageWriter:
        return PageWriter(
            session=session,
            link_id=self._permit.link_id,
            run_id=self._permit.run_id,
            actor_type=self._pass.actor_type,
            entity_type=self._entity_type,
            origin=self._rules.origin,
            at=read_clock(session),
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


@dataclass(slots=True)
class _Sifted:
    """A page apart: what is new, the keys of what is not, and new timestamps by pairing id."""

    incoming: list[Translated] = field(default_factory=list)
    equal: set[str] = field(default_factory=set)
    timestamps: dict[int, str] = field(default_factory=dict)


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
