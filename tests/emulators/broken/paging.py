"""Connectors that fail a check of a pass."""

from collections.abc import Sequence
from dataclasses import replace

from sync_connectors import ActorType, ProtocolError
from tests.emulators.broken.breaking import breaks
from tests.emulators.broken.good import GoodConnector, GoodSession


@breaks("paging_is_declared")
class DoesNotDeclareItsPages(GoodSession):
    def actor_types(self) -> Sequence[ActorType]:
        return [replace(each, capabilities=replace(each.capabilities, paging=False)) for each in super().actor_types()]


@breaks("total_covers_the_pass")
class TellsTheSizeOfThePage(GoodSession):
    def total(self, actor_type: str, part: Sequence[str]) -> int:
        return len(part)


@breaks("resumed_pass_loses_nothing")
class SkipsARecordWhenResumed(GoodSession):
    def begun(self, resume: str | None) -> tuple[str, int]:
        mark, behind = super().begun(resume)
        return mark, behind + (resume is not None)


@breaks("resumed_pass_loses_nothing")
class KeepsCursorsInTheSession(GoodSession):
    def __init__(self, connector: GoodConnector) -> None:
        super().__init__(connector)
        self.given: set[str] = set()

    def cursor(self, mark: str, behind: int) -> str:
        self.given.add(super().cursor(mark, behind))
        return super().cursor(mark, behind)

    def begun(self, resume: str | None) -> tuple[str, int]:
        if resume is not None and resume not in self.given:
            raise ProtocolError("this cursor was not given in this session")
        return super().begun(resume)


@breaks("resumed_pass_goes_on")
class BeginsAnewWhenResumed(GoodSession):
    pages = 0

    def begun(self, resume: str | None) -> tuple[str, int]:
        mark, _behind = super().begun(resume)
        return mark, 0

    def cursor(self, mark: str, behind: int) -> str:
        self.pages += 1
        return super().cursor(mark, int(f"{behind}{id(self)}{self.pages}"))


@breaks("unknown_cursor_is_refused")
class TakesAnyCursorForTheBeginning(GoodSession):
    def begun(self, resume: str | None) -> tuple[str, int]:
        try:
            return super().begun(resume)
        except ProtocolError:
            return super().begun(None)
