"""Storing what became of a batch on its way to the ERP, in one transaction with what else there is to write."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from flask_babel import gettext as _
from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from erp_links.sync.merge.conflicts import store_questions
from erp_links.sync.merge.sides import FieldChange, Side
from erp_links.sync.models import Pairing, PairingState
from erp_links.sync.pairings import glance, nothing_settled, read_taken
from erp_links.sync.push.cases import Case
from erp_links.sync.push.intents import forget_intents, mark_unclear
from erp_links.sync.push.pairing_updates import mark_gone, store_settled
from erp_links.sync.push.push_failures import keep_failures
from erp_links.sync.push.push_log import PushLog
from erp_links.sync.push.push_types import PushType, hub_keys
from erp_links.sync.reasons import FailureReason
from host.crm import bulk
from host.crm.record import Record
from host.crm.stamping import restamp
from host.crm.values import CrmValue

_PAIRING = cast(Table, Pairing.__table__)


@dataclass(frozen=True, slots=True)
class Settling:
    """Writes the cases of one actor type that are decided.

    Attributes:
        at: The time of everything that is written.
        may_ask: Whether people may have been asked about conflicts.
    """

    session: Session
    link_id: int
    run_id: int
    push_type: PushType
    at: datetime
    may_ask: bool

    def write(self, cases: Sequence[Case]) -> Counter[str]:
        """Write what was decided, and return what it counts as."""
        counts: Counter[str] = Counter()
        changed = self._change_hub(cases)
        buried = self._insert_pairings(cases, changed)
        self._update_pairings(cases, changed)
        PushLog(self._named, self.at).write(self.session, cases, changed.changes)
        keep_failures(self.session, self._named, [case for case in cases if case.entity_id not in buried], self.at)
        if self.may_ask:
            counts["conflicts"] += self._ask(cases)
        self._end_intents(cases)
        self._count(cases, changed, counts)
        return counts

    @property
    def _named(self) -> dict[str, Any]:
        mapping = self.push_type.mapping
        return {
            "link_id": self.link_id,
            "run_id": self.run_id,
            "actor_type": self.push_type.name,
            "entity_type": mapping.entity.key,
        }

    def _change_hub(self, cases: Sequence[Case]) -> "_Changed":
        """Write what the ERP had changed too, where the hub still has the value that was merged."""
        concerned = [
            case for case in cases if case.new or (case.merged and (case.merged.changes or case.merged.stamps))
        ]
        changed = _Changed({}, {})
        if not concerned:
            return changed
        entity_type = self.push_type.mapping.entity.key
        changed.locked.update(
            bulk.read_many(
                self.session, entity_type, [case.entity_id for case in concerned], hub_keys([self.push_type]), lock=True
            )
        )
        updates: list[tuple[int, Mapping[str, CrmValue]]] = []
        stamps: dict[int, Mapping[str, tuple[datetime, str]]] = {}
        for case in concerned:
            record = changed.locked.get(case.entity_id)
            if record is None or case.merged is None:
                continue
            kept = [each for each in case.merged.changes if record.values[each.crm_field] == each.old]
            # somebody has just changed the others, and whoever looks at the record next decides about them
            case.stays = case.stays or len(kept) != len(case.merged.changes)
            changed.changes[case.entity_id] = kept
            updates.append((case.entity_id, {each.crm_field: each.new for each in kept}))
            if record.version == case.record.version:
                stamps[case.entity_id] = case.merged.stamps
        bulk.update_many(self.session, entity_type, updates, self.push_type.rules.origin, self.at, changed.locked)
        restamp(self.session, entity_type, stamps)
        return changed

    def _insert_pairings(self, cases: Sequence[Case], changed: "_Changed") -> set[int]:
        """Insert the new pairings; return the records that were deleted meanwhile, which leave a tombstone."""
        rows: list[dict[str, Any]] = []
        buried: set[int] = set()
        wanted = [case for case in cases if case.new and case.merged is not None and case.actor is not None]
        for case in self._still_free(wanted):
            assert case.actor is not None  # noqa: S101 -- as wanted
            parent = case.actor.parent or case.parent
            there = case.entity_id in changed.locked
            if not there:
                buried.add(case.entity_id)
            rows.append(
                {
                    **{key: value for key, value in self._named.items() if key != "run_id"},
                    "erp_key": case.actor.key,
                    "parent_type": parent.actor_type if parent else None,
                    "parent_key": parent.key if parent else None,
                    "entity_id": case.entity_id if there else None,
                    "state": (PairingState.PAIRED if there else PairingState.TOMBSTONE).value,
                    "paired_at": self.at,
                    **(self._settled(case, changed) if there else nothing_settled()),
                    "synced_at": self.at,
                }
            )
        if rows:
            self.session.connection().execute(insert(_PAIRING), rows)
        return buried

    def _still_free(self, cases: Sequence[Case]) -> Iterator[Case]:
        """Yield the cases that nobody has paired meanwhile; the others fail."""
        if not cases:
            return
        ids = [case.entity_id for case in cases]
        entity_type = self.push_type.mapping.entity.key
        taken = read_taken(self.session, self.link_id, entity_type, ids)
        keys = glance(self.session, self.link_id, self.push_type.name, [case.erp_key for case in cases])
        for case in cases:
            if case.erp_key in keys or any(name == self.push_type.name for name, _key in taken.get(case.entity_id, ())):
                case.fail(
                    FailureReason.ALREADY_PAIRED,
                    _("somebody paired the record while %(key)s was being written", key=case.erp_key),
                    _("find out which of the two is right, and delete the other one in the ERP"),
                )
                case.new = ""
            else:
                yield case

    def _update_pairings(self, cases: Sequence[Case], changed: "_Changed") -> None:
        merged, gone = [], []
        for case in cases:
            if case.new or case.pairing is None:
                continue
            if case.outcome == "gone":
                gone.append({"id": case.pairing.id, "entity_id": case.entity_id})
            elif case.merged is not None and case.actor is not None:
                settled = self._settled(case, changed) | _parent_of(case)
                if _is_news(case, settled):
                    merged.append({"id": case.pairing.id, "entity_id": case.entity_id, **settled})
        store_settled(self.session, merged, self.at)
        mark_gone(self.session, gone, self.at)

    def _settled(self, case: Case, changed: "_Changed") -> dict[str, Any]:
        merged, actor = case.merged, case.actor
        assert merged is not None  # noqa: S101 -- the callers have looked
        assert actor is not None  # noqa: S101 -- likewise
        kept = changed.changes.get(case.entity_id, merged.changes)
        dropped = [each for each in merged.changes if each not in kept]
        is_settled = case.is_settled and not dropped
        before = case.bases
        return {
            "erp_timestamp": actor.timestamp,
            "base_erp": _as_before(merged.base_erp, before.erp, [each.erp_field for each in dropped]),
            "base_hub": _as_before(merged.base_hub, before.hub, [each.crm_field for each in dropped]),
            "row_keys": _as_before(merged.row_keys, before.row_keys, [each.crm_field for each in dropped]),
            "content_hash": case.type.digester.digest_of(actor) if is_settled else None,
        }

    def _ask(self, cases: Sequence[Case]) -> int:
        asked = {
            case.pairing.id: case.merged
            for case in cases
            if case.pairing is not None and case.merged is not None and not case.new
        }
        return store_questions(self.session, self.link_id, self.run_id, self.at, asked)

    def _end_intents(self, cases: Sequence[Case]) -> None:
        mark_unclear(self.session, {case.intent.id: case.unclear for case in cases if case.unclear and case.intent})
        over = [case.entity_id for case in cases if case.has_intent and not case.unclear]
        forget_intents(self.session, self._named, over)

    def _count(self, cases: Sequence[Case], changed: "_Changed", counts: Counter[str]) -> None:
        into_hub = self.push_type.rules.forced is Side.ERP
        for case in cases:
            counts[_hub_count(case) if into_hub else case.outcome] += 1
            counts["read" if into_hub else "erp_read"] += 1
            counts["erp_unmapped"] += case.unmapped
            if case.new != "created":
                counts["erp_fields_changed"] += len(case.sent) + len(case.arrived)
            counts["fields_changed"] += len(changed.changes.get(case.entity_id, ()))


@dataclass(frozen=True, slots=True)
class _Changed:
    """The records that were locked, and what the hub took over, by id of the record."""

    locked: dict[int, Record]
    changes: dict[int, list[FieldChange]]


def _hub_count(case: Case) -> str:
    if case.outcome != "erp_equal":
        return case.outcome.removeprefix("erp_")
    return "changed" if case.merged is not None and case.merged.changes else "equal"


def _is_news(case: Case, settled: Mapping[str, Any]) -> bool:
    pairing = case.pairing
    return pairing is None or (
        (pairing.state, pairing.erp_timestamp, pairing.content_hash)
        != (PairingState.PAIRED, settled["erp_timestamp"], settled["content_hash"])
        or (pairing.bases.erp, pairing.bases.hub) != (settled["base_erp"], settled["base_hub"])
        or pairing.bases.row_keys != settled["row_keys"]
        or (pairing.parent_type, pairing.parent_key) != (settled["parent_type"], settled["parent_key"])
    )


def _parent_of(case: Case) -> dict[str, str | None]:
    parent = case.settled_parent
    return {"parent_type": parent.actor_type if parent else None, "parent_key": parent.key if parent else None}


def _as_before(base: Mapping[str, Any], before: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
    """Return a base in which fields are as they were whose value in the hub is not the merged one any more."""
    if not keys:
        return dict(base)
    kept = {key: value for key, value in base.items() if key not in keys}
    return kept | {key: before[key] for key in keys if key in before}
