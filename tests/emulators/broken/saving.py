"""Connectors that fail a check of saving."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sync_connectors import Actor, Rejection, Saved, Value
from tests.emulators.broken.breaking import breaks
from tests.emulators.broken.good import GoodSession
from tests.emulators.broken.shop import Record


@breaks("saved_value_is_kept")
class ForgetsListValues(GoodSession):
    def saved(self, present: Record, values: Mapping[str, Value]) -> Mapping[str, Value]:
        return {name: value for name, value in super().saved(present, values).items() if name != "GROUP"}

    def answered(self, actor: Actor) -> Actor:
        actor_now = super().answered(actor)
        return replace(actor_now, values={**actor_now.values, **actor.values}) if "GROUP" in actor.values else actor_now


@breaks("absent_fields_stay")
class BlanksWhatIsAbsent(GoodSession):
    def saved(self, present: Record, values: Mapping[str, Value]) -> Mapping[str, Value]:
        blank = {"NOTE": None} if "NOTE" in present.values else {}
        return {**blank, **super().saved(present, values)}


@breaks("save_renews_the_timestamp")
class KeepsTheFirstTimestamp(GoodSession):
    def shown(self, actor_type: str, key: str, fields: Sequence[str]) -> Actor:
        actor = super().shown(actor_type, key, fields)
        first = str(self.shop.records[actor_type][key].first_version)
        return replace(actor, timestamp=first) if actor_type == "SalesOrder" else actor


@breaks("saved_record_has_its_timestamp")
class AnswersTheTimeOfTheCall(GoodSession):
    def answered(self, actor: Actor) -> Actor:
        return replace(super().answered(actor), timestamp="now")


@breaks("stale_save_is_refused")
class OverwritesWhatChanged(GoodSession):
    def is_stale(self, actor: Actor) -> bool:
        return False


@breaks("stale_save_is_refused")
class DoesNotSayStale(GoodSession):
    def save(self, actors: Sequence[Actor]) -> Saved:
        saved = super().save(actors)
        return replace(saved, rejections=tuple(replace(each, stale=False) for each in saved.rejections))


@breaks("unknown_record_is_rejected")
class SavesWhatIsNotThere(GoodSession):
    def save(self, actors: Sequence[Actor]) -> Saved:
        saved = super().save(actors)
        gone = {actor.key for actor in actors if actor.key not in self.shop.records[actor.actor_type]}
        return Saved(
            (*saved.actors, *(actor for actor in actors if actor.key in gone)),
            tuple(each for each in saved.rejections if each.key not in gone),
        )


@breaks("rejection_leaves_the_others")
class RefusesTheWholeBatch(GoodSession):
    def save(self, actors: Sequence[Actor]) -> Saved:
        present = [actor for actor in actors if actor.key in self.shop.records[actor.actor_type]]
        if len(present) == len(actors):
            return super().save(actors)
        return Saved(rejections=tuple(Rejection(actor.key, "one of the batch was refused") for actor in actors))


@breaks("batch_is_saved")
class AnswersTheFirst(GoodSession):
    def save(self, actors: Sequence[Actor]) -> Saved:
        saved = super().save(actors)
        return replace(saved, actors=saved.actors[:1])
