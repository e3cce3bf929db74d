"""Connectors that fail a check of reading, or of records under others."""

from collections.abc import Sequence
from dataclasses import replace

from sync_connectors import Actor, ActorReference, Actors, ListKey, RejectedRecordError
from tests.emulators.broken.breaking import breaks
from tests.emulators.broken.good import GoodConnector, GoodSession


@breaks("records_are_well_formed")
class SendsANumberAsText(GoodSession):
    def shown_in_page(self, actor_type: str, key: str, fields: Sequence[str]) -> Actor:
        actor = super().shown_in_page(actor_type, key, fields)
        return replace(actor, values={**actor.values, "NO": 5}) if "NO" in fields else actor


@breaks("records_are_well_formed")
class SendsEmptyTexts(GoodSession):
    def shown_in_page(self, actor_type: str, key: str, fields: Sequence[str]) -> Actor:
        actor = super().shown_in_page(actor_type, key, fields)
        return (
            replace(actor, values={**actor.values, "NOTE": actor.values["NOTE"] or ""}) if "NOTE" in fields else actor
        )


@breaks("values_are_declared")
class SendsWhatItDoesNotDeclare(GoodSession):
    def shown_in_page(self, actor_type: str, key: str, fields: Sequence[str]) -> Actor:
        actor = super().shown_in_page(actor_type, key, fields)
        return replace(actor, values={**actor.values, "SHOE_SIZE": 43})


@breaks("asked_fields_are_present")
class LeavesBlanksOut(GoodSession):
    def shown(self, actor_type: str, key: str, fields: Sequence[str]) -> Actor:
        actor = super().shown(actor_type, key, fields)
        return replace(actor, values={name: value for name, value in actor.values.items() if value is not None})


@breaks("get_returns_the_same_records")
class ReadsAnotherValueByKey(GoodSession):
    def get(self, actor_type: str, keys: Sequence[str], fields: Sequence[str]) -> Actors:
        actors = super().get(actor_type, keys, fields).actors
        return Actors(
            tuple(
                replace(actor, values={**actor.values, "NO": str(actor.values["NO"]).upper()})
                if "NO" in actor.values
                else actor
                for actor in actors
            )
        )


@breaks("timestamps_are_the_same_everywhere")
class HasTimestampsOfPages(GoodSession):
    def shown_in_page(self, actor_type: str, key: str, fields: Sequence[str]) -> Actor:
        actor = super().shown_in_page(actor_type, key, fields)
        return replace(actor, timestamp=f"page-{actor.timestamp}")


@breaks("few_fields_can_be_asked_for")
class ForgetsALoneField(GoodSession):
    def get(self, actor_type: str, keys: Sequence[str], fields: Sequence[str]) -> Actors:
        return super().get(actor_type, keys, fields if len(fields) > 1 else [])


@breaks("keys_stay_the_same")
class NamesRecordsAnewInEachSession(GoodSession):
    def __init__(self, connector: GoodConnector) -> None:
        super().__init__(connector)
        connector.sessions = getattr(connector, "sessions", 0) + 1
        self.number = connector.sessions

    def shown_in_page(self, actor_type: str, key: str, fields: Sequence[str]) -> Actor:
        actor = super().shown_in_page(actor_type, key, fields)
        return replace(actor, key=f"C1-{self.number}") if key == "C1" and self.number > 1 else actor


@breaks("unknown_keys_are_left_out")
class RefusesUnknownKeys(GoodSession):
    def get(self, actor_type: str, keys: Sequence[str], fields: Sequence[str]) -> Actors:
        if any(key not in self.shop.records[actor_type] for key in keys):
            raise RejectedRecordError("there is no such record")
        return super().get(actor_type, keys, fields)


@breaks("times_of_change_are_told")
class TellsNoTimeOfChange(GoodSession):
    def shown(self, actor_type: str, key: str, fields: Sequence[str]) -> Actor:
        return replace(super().shown(actor_type, key, fields), changed_at=None)


@breaks("list_values_are_listed")
class HasAValueThatIsNotListed(GoodConnector):
    def __init__(self) -> None:
        super().__init__()
        self.shop.put("Customer", "C7", {"GROUP": ListKey("old")})


@breaks("parents_are_there")
class NamesAParentThatIsGone(GoodConnector):
    def __init__(self) -> None:
        super().__init__()
        self.shop.records["SalesOrder"]["O3"].parent = ActorReference("Customer", "C999")


@breaks("search_by_parent_stays_below_it")
class SearchesEverywhere(GoodSession):
    def search_by_parent(self, actor_type: str, text: str, parent: ActorReference, fields: Sequence[str]) -> Actors:
        return self.search(actor_type, text, fields)
