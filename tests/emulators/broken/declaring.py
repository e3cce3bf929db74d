"""Connectors that fail a check of what a link declares, or of its lists."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sync_connectors import ActorType, Field
from tests.emulators.broken.breaking import breaks
from tests.emulators.broken.good import GoodSession


@breaks("actor_types_are_offered")
class OffersNothing(GoodSession):
    def actor_types(self) -> Sequence[ActorType]:
        return []


@breaks("capabilities_agree")
class SearchesByParentsThatItHasNot(GoodSession):
    def actor_types(self) -> Sequence[ActorType]:
        orders, customers = super().actor_types()
        return [orders, replace(customers, capabilities=replace(customers.capabilities, search_by_parent=True))]


@breaks("fields_are_declared")
class HasAFieldWithoutLabel(GoodSession):
    def fields(self, actor_type: str) -> Sequence[Field]:
        first, *others = super().fields(actor_type)
        return [replace(first, label=" "), *others]


@breaks("fields_are_declared")
class DefaultsToWordsInANumber(GoodSession):
    def fields(self, actor_type: str) -> Sequence[Field]:
        return [replace(field, default="one") if field.default else field for field in super().fields(actor_type)]


@breaks("searchable_fields_are_declared")
class SearchesWhatItHasNot(GoodSession):
    def searchable_fields(self, actor_type: str) -> Sequence[str]:
        return [*super().searchable_fields(actor_type), "CITY"]


@breaks("lists_have_items")
class HasAnItemWithoutText(GoodSession):
    def list_items(self, list_name: str) -> Mapping[str, str]:
        return {**super().list_items(list_name), "x": ""}


@breaks("items_by_key_are_those_of_the_list")
class HasOtherTextsByKey(GoodSession):
    def list_items_by_key(self, list_name: str, keys: Sequence[str]) -> Mapping[str, str]:
        return {key: text.upper() for key, text in super().list_items_by_key(list_name, keys).items()}
