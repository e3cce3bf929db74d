"""Connectors that fail a check of what the next pass brings."""

from collections.abc import Iterator, Sequence

from sync_connectors import Deletions, Page
from tests.emulators.broken.breaking import breaks
from tests.emulators.broken.good import GoodSession


@breaks("watermark_narrows_the_pass")
class IgnoresTheWatermark(GoodSession):
    def is_due(self, tick: int, watermark: str | None) -> bool:
        return True


@breaks("changes_after_the_watermark_come")
class LeavesOutTheTimeOfTheWatermark(GoodSession):
    def is_due(self, tick: int, watermark: str | None) -> bool:
        return watermark is None or tick > int(watermark)


@breaks("changes_during_the_pass_come")
class TakesTheWatermarkAtTheEnd(GoodSession):
    def changes(
        self, actor_type: str, watermark: str | None, resume: str | None, fields: Sequence[str]
    ) -> Iterator[Page]:
        _mark, behind = self.begun(resume)
        due = [self.shown(actor_type, key, fields) for key in self.due(actor_type, watermark, behind)]
        for start in range(0, max(len(due), 1), self.page_size):
            part = due[start : start + self.page_size]
            last = start + self.page_size >= len(due)
            if last:
                self.shop.version += 8  # others are at work in the shop meanwhile
            cursor = None if last else self.cursor("0", int(part[-1].timestamp))
            yield Page(tuple(part), cursor, self.mark() if last else None)


@breaks("deletions_name_what_is_gone")
class ReportsWhatIsThere(GoodSession):
    def deletions(self, actor_type: str, watermark: str | None, resume: str | None) -> Iterator[Deletions]:
        yield Deletions(("C1",), watermark=self.mark())
