"""Connectors that fail a check of rows."""

from sync_connectors import Rows
from tests.emulators.broken.breaking import breaks
from tests.emulators.broken.good import GoodSession


@breaks("rows_are_kept")
class TurnsRowsRound(GoodSession):
    def rows_kept(self, sent: Rows, known: Rows) -> Rows:
        kept = super().rows_kept(sent, known)
        return Rows(reversed(kept.items())) if known else kept


@breaks("row_keys_stay")
class NumbersRowsAnew(GoodSession):
    def rows_kept(self, sent: Rows, known: Rows) -> Rows:
        begin = max((int(key) for key in known), default=0)
        return Rows({str(begin + place): row for place, row in enumerate(sent.values(), 1)})


@breaks("absent_rows_are_removed")
class KeepsRowsThatAreLeftOut(GoodSession):
    def rows_kept(self, sent: Rows, known: Rows) -> Rows:
        kept = super().rows_kept(sent, known)
        return Rows({**known, **kept}) if sent.keys() <= known.keys() else kept
