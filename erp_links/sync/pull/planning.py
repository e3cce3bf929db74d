"""What one page does to the hub: decided in memory from what was read, before anything is written."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from flask_babel import gettext as _

from erp_links.sync.failures import Failure
from erp_links.sync.merge.deciding import Rules
from erp_links.sync.merge.merging import merge
from erp_links.sync.merge.sides import NOTHING_SPECIAL, Bases, Choice, Circumstances, FieldChange, Merged, Sent
from erp_links.sync.merge.translating import Translated, label_of
from erp_links.sync.models import PairingState
from erp_links.sync.pairings import KeyedBy, StoredPairing
from erp_links.sync.pull.pairing import Create, Ignore, Match, PairingPolicy, PairWith, Recognised, Refuse
from erp_links.sync.pull.translated_pages import TranslatedPage
from erp_links.sync.reasons import FailureReason, WinReason
from host.crm.record import Record
from host.crm.values import CrmValue
from sync_connectors import Actor


@dataclass(slots=True)
class Creations:
    """New records of the hub, each with its pairing.

    Attributes:
        page: Where they come from.
        places: Their places on it.
        parents: The records they lie below, where the entity has parents: of each the id or None, by hub field.
        stamps: Times and origins of fields, by place, where the ERP told its own.
    """

    page: TranslatedPage
    places: list[int] = field(default_factory=list)
    parents: dict[str, list[CrmValue]] = field(default_factory=dict)
    stamps: dict[int, dict[str, tuple[datetime, str]]] = field(default_factory=dict)

    @property
    def actors(self) -> list[Actor]:
        """The records as the ERP gave them."""
        return [self.page.actors[place] for place in self.places]

    @property
    def values(self) -> dict[str, list[CrmValue]]:
        """The values of the records by hub field."""
        return {**self.page.hub_columns(self.places), **self.parents}

    @property
    def folded(self) -> dict[str, list[str | None]]:
        """Folded forms of texts among the values, as far as they were made already."""
        return self.page.folded(self.places)


@dataclass(slots=True)
class Adoption:
    """A new pairing with a record that the hub has."""

    incoming: Translated
    record: Record
    merged: Merged

    @property
    def is_settled(self) -> bool:
        """Whether nothing was left over, so that the same content need not be looked at again."""
        return self.incoming.is_whole and self.merged.is_settled


@dataclass(slots=True)
class Update:
    """A pairing that goes on: what its record takes over, and its new bases.

    `followed` is false while the record waits with its old parent for the pairing of its new one.
    """

    incoming: Translated
    pairing: StoredPairing
    record: Record
    merged: Merged
    parent: KeyedBy | None
    followed: bool

    @property
    def is_settled(self) -> bool:
        """Whether nothing was left over, so that the same content need not be looked at again."""
        return self.incoming.is_whole and self.merged.is_settled and self.followed

    @property
    def is_news(self) -> bool:
        """Whether the pairing is anything else afterwards, so that it has to be written."""
        stored, merged = self.pairing, self.merged
        return (
            (stored.erp_timestamp, stored.content_hash, stored.state)
            != (self.incoming.actor.timestamp, self.incoming.digest if self.is_settled else None, PairingState.PAIRED)
            or (stored.bases.erp, stored.bases.hub) != (merged.base_erp, merged.base_hub)
            or stored.bases.row_keys != merged.row_keys
            or (self.parent is not None and (stored.parent_type, stored.parent_key) != self.parent)
        )


@dataclass(slots=True)
class Plan:
    """Everything that a page writes, apart from its cursor and counts.

    Attributes:
        tombstones: Ids of pairings whose record was deleted in the hub.
        settled: ERP keys whose failed records are done with.
        owed: Ids of the records whose values the ERP has to take over.
        made: Ids of the records that the ERP turned out to have made although its answer was lost.
    """

    creations: Creations
    adoptions: list[Adoption] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    tombstones: list[int] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    settled: set[str] = field(default_factory=set)
    owed: set[int] = field(default_factory=set)
    made: set[int] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Known:
    """What was read for a page, inside its transaction; `choices` are what people decided, by pairing and hub field."""

    pairings: Mapping[str, StoredPairing]
    records: Mapping[int, Record]
    parents: Mapping[KeyedBy, int]
    choices: Mapping[int, Mapping[str, Choice]] = field(default_factory=dict)


class Planner:
    """Makes the plan of one page."""

    def __init__(self, rules: Rules, known: Known, page: TranslatedPage) -> None:
        self._rules = rules
        self._page = page
        self._mapping = rules.mapping
        self._known = known
        self._by_time = [mapped.crm.key for mapped in rules.mapping.fields if mapped.policy == "newest"]
        self.plan = Plan(Creations(page))

    def settle_paired(self, place: int, pairing: StoredPairing) -> None:
        """Plan what becomes of a record that is paired, or was."""
        incoming = self._page.record(place)
        key = incoming.actor.key
        record = self._known.records.get(pairing.entity_id or 0)
        if pairing.state == PairingState.TOMBSTONE or record is None:
            if pairing.state != PairingState.TOMBSTONE:
                self.plan.tombstones.append(pairing.id)
            self._done(key, "skipped")
            return
        choices = self._known.choices.get(pairing.id)
        circumstances = Circumstances(choices=choices) if choices else NOTHING_SPECIAL
        merged = merge(self._rules, incoming, record, pairing.bases, circumstances)
        parent, followed = self._follow_parent(incoming, pairing, record, merged)
        self.plan.updates.append(Update(incoming, pairing, record, merged, parent, followed))
        self._note(merged, record)
        self._finish(incoming, "changed" if merged.changes else "equal", record.id)

    def settle_unpaired(
        self,
        places: Sequence[int],
        matches: Sequence[Match | None],
        policy: PairingPolicy,
        recognised: Recognised,
    ) -> None:
        """Plan what becomes of the records that are not paired, in the order of the page; `matches` are theirs."""
        if policy.creates_all and not recognised:
            self._create(places)
            return
        new = []
        for place, match in zip(places, matches, strict=True):
            verdict = recognised.get(self._page.actors[place].key) or policy.decide(match)
            match verdict:
                case Ignore():
                    self._done(self._page.actors[place].key, "skipped")
                case Refuse():
                    self._fail(self._page.record(place), verdict.reason, verdict.message, verdict.instruction)
                case PairWith():
                    record = self._known.records.get(verdict.entity_id)
                    self._adopt(self._page.record(place), record, verdict.sent)
                case Create():
                    new.append(place)
        self._create(new)

    def column(self, key: str, places: Sequence[int]) -> list[CrmValue]:
        """Return the values of records in a hub field; of the one that refers to the parent the parent's id."""
        values = self._page.column(key, places)
        if key != self._mapping.parent_field:
            return values
        actors = [self._page.actors[place] for place in places]
        return [self._parent_id(actor, own) for actor, own in zip(actors, values, strict=True)]

    def waits(self, place: int) -> bool:
        """Keep a record back whose parent is not paired, and say whether it was."""
        parent = _parent_of(self._page.actors[place])
        if not self._mapping.parent_field or parent is None or parent in self._known.parents:
            return False
        self._fail(
            self._page.record(place),
            FailureReason.WAITING_FOR_PARENT,
            _("its parent %(key)s is not paired on this link yet", key=parent[1]),
            _("pair the parent; this record then follows by itself"),
            count="waiting",
        )
        return True

    def _adopt(self, incoming: Translated, record: Record | None, sent: Sent | None) -> None:
        if record is None:
            # deleted between the look for it and its lock; the next delivery finds out anew
            self._done(incoming.actor.key, "skipped")
            return
        merged = merge(self._rules, incoming, record, Bases(), Circumstances(sent))
        if sent is not None:
            self.plan.made.add(record.id)
        parent_field = self._mapping.parent_field
        wanted = self._parent_id(incoming.actor, incoming.hub.get(parent_field))
        if wanted is not None and record.values[parent_field] != wanted:
            merged.changes.append(
                FieldChange(parent_field, "", record.values[parent_field], wanted, WinReason.FIRST_TIME)
            )
        self.plan.adoptions.append(Adoption(incoming, record, merged))
        self._note(merged, record)
        if any(not mapped.to_crm for mapped in self._mapping.pushed):
            # a pull reads nothing of the fields that go to the ERP only; the pass to the ERP fills them
            self.plan.owed.add(record.id)
        self._finish(incoming, "paired", record.id)

    def _create(self, places: Sequence[int]) -> None:
        lacking = self._lacking(places)
        for place, missing in lacking.items():
            self._fail(
                self._page.record(place),
                FailureReason.REQUIRED_MISSING,
                _("the CRM needs a value for %(fields)s", fields=missing),
                _("fill it in the ERP, or map another field to it"),
            )
        made = [place for place in places if place not in lacking] if lacking else list(places)
        creations, parent_field = self.plan.creations, self._mapping.parent_field
        creations.places = made
        if parent_field:
            creations.parents = {parent_field: self.column(parent_field, made)}
        if self._by_time:
            creations.stamps = {place: self._stamps(self._page.record(place)) for place in made}
        if self._page.is_whole:
            self.plan.settled.update([self._page.actors[place].key for place in made])
            self.plan.counts["created"] += len(made)
        else:
            for place in made:
                self._finish(self._page.record(place), "created", None)

    def _lacking(self, places: Sequence[int]) -> dict[int, str]:
        """Return which of the values are missing without which no record can be made, by place."""
        entity = self._mapping.entity
        required = {str(each.label): self.column(each.key, places) for each in self._mapping.required}
        if entity.requires_one_of:
            label = _(" or ").join(str(entity.by_key[key].label) for key in entity.requires_one_of)
            choices = zip(*(self.column(key, places) for key in entity.requires_one_of), strict=True)
            required[label] = [next((value for value in choice if value is not None), None) for choice in choices]
        if not any(None in column for column in required.values()):
            return {}
        missing = [
            ", ".join(label for label, column in required.items() if column[nth] is None) for nth in range(len(places))
        ]
        return {place: labels for place, labels in zip(places, missing, strict=True) if labels}

    def _stamps(self, incoming: Translated) -> dict[str, tuple[datetime, str]]:
        changed_at = incoming.actor.changed_at
        if changed_at is None:
            return {}
        return {key: (changed_at, self._rules.origin) for key in self._by_time if key in incoming.hub}

    def _follow_parent(
        self, incoming: Translated, pairing: StoredPairing, record: Record, merged: Merged
    ) -> tuple[KeyedBy | None, bool]:
        """Take over another parent; return the parent that the pairing then has, and whether it is the ERP's."""
        told = _parent_of(incoming.actor)
        present = (pairing.parent_type, pairing.parent_key) if pairing.parent_type and pairing.parent_key else None
        if told is None or told == present or not self._mapping.parent_field:
            return present or told, True
        entity_id = self._known.parents.get(told)
        if entity_id is None:
            return present, False
        old = record.values[self._mapping.parent_field]
        if old != entity_id:
            merged.changes.append(FieldChange(self._mapping.parent_field, "", old, entity_id, WinReason.PARENT_CHANGED))
        return told, True

    def _parent_id(self, actor: Actor, own: CrmValue) -> CrmValue:
        """Return the id of the record that an actor lies below; its own value where its parent is not told or known."""
        parent = _parent_of(actor)
        return own if parent is None else self._known.parents.get(parent, own)

    def _note(self, merged: Merged, record: Record) -> None:
        if merged.owed:
            self.plan.owed.add(record.id)
        if merged.changes:
            self.plan.counts["fields_changed"] += len(merged.changes)

    def _finish(self, incoming: Translated, count: str, entity_id: int | None) -> None:
        self.plan.counts["unmapped"] += incoming.unmapped
        if not incoming.faults:
            self._done(incoming.actor.key, count)
            return
        labels = {mapped.erp.key: mapped.erp.label for mapped in self._mapping.fields}
        message = "; ".join(f"{labels[fault.field]}: {fault.text}" for fault in incoming.faults)
        self._fail(
            incoming,
            FailureReason.VALUE_REFUSED,
            message,
            _("correct the value in the ERP, or map the field to another one"),
            erp_field=incoming.faults[0].field,
            entity_id=entity_id,
        )

    def _done(self, key: str, count: str) -> None:
        self.plan.settled.add(key)
        self.plan.counts[count] += 1

    def _fail(
        self,
        incoming: Translated,
        reason: FailureReason,
        message: str,
        instruction: str,
        *,
        erp_field: str = "",
        entity_id: int | None = None,
        count: str = "failed",
    ) -> None:
        failure = Failure(
            erp_key=incoming.actor.key,
            reason=reason,
            message=message,
            instruction=instruction,
            erp_field=erp_field,
            label=label_of(incoming.hub, self._mapping.entity.title_fields, incoming.actor.key),
            entity_id=entity_id,
            payload=incoming.erp,
        )
        if reason is FailureReason.WAITING_FOR_PARENT:
            failure = replace(failure, parent=_parent_of(incoming.actor))
        self.plan.failures.append(failure)
        self.plan.counts[count] += 1


def _parent_of(actor: Actor) -> KeyedBy | None:
    return (actor.parent.actor_type, actor.parent.key) if actor.parent is not None else None
