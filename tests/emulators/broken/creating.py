"""Connectors that fail a check of creating."""

from collections.abc import Mapping
from dataclasses import replace

from sync_connectors import Actor, ActorReference, Value
from tests.emulators.broken.breaking import breaks
from tests.emulators.broken.good import GoodSession


@breaks("created_record_is_there")
class ReturnsAnotherKey(GoodSession):
    def create(self, actor: Actor) -> Actor:
        created = super().create(actor)
        return replace(created, key=f"new-{created.key}")


@breaks("created_record_keeps_its_values")
class LosesAFieldOfANewRecord(GoodSession):
    def created(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        return {**super().created(values), "NOTE": None}

    def create(self, actor: Actor) -> Actor:
        return replace(super().create(actor), values=actor.values)


@breaks("created_record_has_its_timestamp")
class ReturnsAnEarlyTimestamp(GoodSession):
    def create(self, actor: Actor) -> Actor:
        return replace(super().create(actor), timestamp="0")


@breaks("missing_mandatory_field_is_refused")
class CreatesWithoutAName(GoodSession):
    def check(self, actor: Actor, *, creating: bool) -> None:
        super().check(actor, creating=False)


@breaks("created_record_has_its_parent")
class ForgetsTheParent(GoodSession):
    def parent_of(self, actor: Actor) -> ActorReference | None:
        return None
