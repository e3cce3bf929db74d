"""Connectors that fail a check of searching, or of an operator."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sync_connectors import Actors, Operator, Restriction, Value
from sync_connectors.testing.matching import suits
from tests.emulators.broken.breaking import breaks
from tests.emulators.broken.good import GoodSession
from tests.emulators.broken.shop import REFERENCE, Record


@breaks("empty_text_finds_records")
class WantsAText(GoodSession):
    def search(self, actor_type: str, text: str, fields: Sequence[str]) -> Actors:
        return super().search(actor_type, text, fields) if text else Actors()


@breaks("text_finds_its_record")
class FindsNoText(GoodSession):
    def search(self, actor_type: str, text: str, fields: Sequence[str]) -> Actors:
        return Actors() if text else super().search(actor_type, text, fields)


@breaks("no_restrictions_find_records")
class WantsRestrictions(GoodSession):
    def search_advanced(self, actor_type: str, restrictions: Sequence[Restriction], fields: Sequence[str]) -> Actors:
        return super().search_advanced(actor_type, restrictions, fields) if restrictions else Actors()


@breaks("restrictions_are_joined_by_and")
class JoinsByOr(GoodSession):
    def suits_all(self, record: Record, restrictions: Sequence[Restriction]) -> bool:
        return not restrictions or any(super(JoinsByOr, self).suits_all(record, [one]) for one in restrictions)


@breaks("search_ignores_case")
class HeedsCase(GoodSession):
    def suits(self, value: Value, restriction: Restriction) -> bool:
        if isinstance(value, str):
            return suits(value, restriction, fold=False)
        return super().suits(value, restriction)


@breaks("signs_are_taken_literally")
class TakesPercentForAnything(GoodSession):
    def suits(self, value: Value, restriction: Restriction) -> bool:
        return restriction.values == ("%",) or super().suits(value, restriction)


@breaks("reference_finds_its_record")
class FindsReferencesByTheirBeginning(GoodSession):
    def suits(self, value: Value, restriction: Restriction) -> bool:
        if restriction.field == REFERENCE and restriction.operator is Operator.EQUALS:
            restriction = replace(restriction, operator=Operator.BEGINS)
        return super().suits(value, restriction)


class ConfusesOperators(GoodSession):
    """Takes one operator for another in values of some types."""

    types: tuple[type, ...]
    taken_for: dict[Operator, Operator]

    def suits(self, value: Value, restriction: Restriction) -> bool:
        if type(value) in self.types:
            operator = self.taken_for.get(restriction.operator, restriction.operator)
            restriction = replace(restriction, operator=operator)
        return super().suits(value, restriction)


@breaks("text_operators_find")
class ConfusesTextOperators(ConfusesOperators):
    types = (str,)
    taken_for = {Operator.NOT_ENDS: Operator.ENDS}


@breaks("number_operators_find")
class ConfusesNumberOperators(ConfusesOperators):
    types = (int,)
    taken_for = {Operator.GREATER: Operator.GREATER_OR_EQUAL}


@breaks("time_operators_find")
class ConfusesTimeOperators(ConfusesOperators):
    types = (date,)
    taken_for = {Operator.BEFORE: Operator.BEFORE_OR_EQUAL}


@breaks("truth_operators_find")
class FindsNothingFalse(GoodSession):
    def suits(self, value: Value, restriction: Restriction) -> bool:
        return value is not False and super().suits(value, restriction)


@breaks("list_operators_find")
class TakesOneItemOfSeveral(GoodSession):
    def suits(self, value: Value, restriction: Restriction) -> bool:
        if restriction.operator is Operator.ONE_OF:
            restriction = replace(restriction, values=restriction.values[:1])
        return super().suits(value, restriction)


@breaks("between_includes_both_ends")
class LeavesTheUpperEndOut(GoodSession):
    def suits(self, value: Value, restriction: Restriction) -> bool:
        is_end = restriction.operator is Operator.BETWEEN and value == restriction.values[1]
        return not is_end and super().suits(value, restriction)
