"""Which side of a field wins, and why: forced by a resync, filled for the first time, or by the field's policy."""

from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from erp_links.mapping.compiled import CompiledField, CompiledMapping
from erp_links.sync.merge.comparing import form_of
from erp_links.sync.merge.ranking import Ranking
from erp_links.sync.merge.sides import Choice, Merged, Side
from erp_links.sync.reasons import WinReason
from host.crm.record import FieldStamp, Record, row_stamp

Decision = tuple[Side, WinReason]

_ERP_REASONS = {
    "priority": WinReason.ERP_RANKS_HIGHER,
    "newest": WinReason.ERP_NEWER,
    "erp": WinReason.ERP_ALWAYS,
}
_CRM_REASONS = {
    "priority": WinReason.CRM_RANKS_HIGHER,
    "newest": WinReason.CRM_NEWER,
    "crm": WinReason.CRM_ALWAYS,
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides where the two sides differ.

    Attributes:
        forced: The side that wins everywhere, as a resync lets it; None asks bases and policies.
        keep_blanks: Whether a blank of the forced side leaves the other side's value alone.
    """

    mapping: CompiledMapping
    ranking: Ranking
    origin: str
    forced: Side | None = None
    keep_blanks: bool = False


class FieldSides:
    """One field of one record: what both sides have, and what decides between them.

    Attributes:
        told: JSON form of what the ERP has.
        translated: The same as the hub would hold it, or a mark of the caller's where it cannot.
        present: What the hub has.
        stamp_key: Under which the record knows the stamp, which one row of a field of rows has for itself.
    """

    __slots__ = ("_record", "changed_at", "mapped", "present", "rules", "stamp", "stamp_key", "told", "translated")

    def __init__(
        self,
        rules: Rules,
        mapped: CompiledField,
        changed_at: datetime | None,
        record: Record,
        told: Any,
        translated: Any,
    ) -> None:
        self._record = record
        self.rules = rules
        self.mapped = mapped
        self.changed_at = changed_at
        self.told = told
        self.translated = translated
        self.present = record.values[mapped.crm.key]
        self.stamp_key = mapped.crm.key
        self.stamp: FieldStamp = record.stamp(self.stamp_key)

    def of_row(self, key: str) -> "FieldSides":
        """Return the same for one row of the field, which has a stamp of its own."""
        row = copy(self)
        row.stamp_key = row_stamp(self.mapped.crm.key, key)
        row.stamp = self._record.stamp(row.stamp_key)
        return row

    @property
    def present_json(self) -> Any:
        """JSON form of what the hub has."""
        return form_of(self.present)

    def endorse(self, merged: Merged) -> None:
        """Note that this link stands behind the value that the hub has, where that counts for more than who wrote it.

        Otherwise a link between the two ranks would overwrite it later, and the result would hang on the order of runs.
        """
        rules, stamp = self.rules, self.stamp
        if not self.mapped.to_crm:
            return
        if self.mapped.policy == "newest" and self.changed_at is not None:
            if self.changed_at > stamp.at:
                merged.stamps[self.stamp_key] = self.changed_at, rules.origin
        elif rules.ranking.of(rules.origin) < rules.ranking.of(stamp.origin):
            merged.stamps[self.stamp_key] = stamp.at, rules.origin

    def why_forced(self) -> Decision | None:
        """Return the side that a resync lets win, or None where it has no say over this field."""
        side, mapped = self.rules.forced, self.mapped
        if side is None or not (mapped.to_erp if side is Side.CRM else mapped.to_crm):
            return None
        source = self.present if side is Side.CRM else self.told
        if self.rules.keep_blanks and source in (None, "", [], {}):
            return None
        return side, WinReason.RESYNC

    def why_without_base(self) -> Decision:
        """Return the side that fills the other where nothing has been settled yet; a blank never wins of two ways."""
        mapped = self.mapped
        if not mapped.to_erp:
            return Side.ERP, WinReason.FIRST_TIME
        if not mapped.to_crm:
            return Side.CRM, WinReason.FIRST_TIME_CRM
        if self.translated is None or self.present is None:
            side = Side.CRM if self.translated is None else Side.ERP
        else:
            side = self._preferred()
        return side, WinReason.FIRST_TIME if side is Side.ERP else WinReason.FIRST_TIME_CRM

    def why_both_changed(self, choice: Choice | None) -> Decision | None:
        """Return who wins where both sides changed to different values, or None where a person has to say."""
        mapped = self.mapped
        if not mapped.to_erp:
            return Side.ERP, WinReason.ONE_WAY
        if not mapped.to_crm:
            return Side.CRM, WinReason.ONE_WAY_TO_ERP
        if mapped.policy == "ask":
            if choice is None or (choice.erp, choice.hub) != (self.told, self.present_json):
                return None
            return choice.side, WinReason.CHOSEN
        side = self._preferred()
        reasons, of_rank = (
            (_ERP_REASONS, WinReason.ERP_RANKS_HIGHER)
            if side is Side.ERP
            else (_CRM_REASONS, WinReason.CRM_RANKS_HIGHER)
        )
        decided = mapped.policy if mapped.policy != "newest" or self.changed_at is not None else "priority"
        return side, reasons.get(decided, of_rank)

    def _preferred(self) -> Side:
        match self.mapped.policy:
            case "erp":
                return Side.ERP
            case "crm":
                return Side.CRM
            case "newest" if self.changed_at is not None:
                return Side.ERP if self.changed_at > self.stamp.at else Side.CRM
        ranking = self.rules.ranking
        return Side.ERP if ranking.of(self.rules.origin) <= ranking.of(self.stamp.origin) else Side.CRM
