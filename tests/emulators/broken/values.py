"""Connectors that fail a check of values."""

import html
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sync_connectors import Actor, Value
from tests.emulators.broken.breaking import breaks
from tests.emulators.broken.good import GoodSession
from tests.emulators.broken.shop import Record


@breaks("letters_are_kept")
class KnowsFewLetters(GoodSession):
    def kept(self, name: str, value: Value, present: Value) -> Value:
        text = type(value) is str
        return str(value).encode("latin-1", "replace").decode("latin-1") if text else super().kept(name, value, present)


@breaks("signs_are_kept")
class EscapesSigns(GoodSession):
    def kept(self, name: str, value: Value, present: Value) -> Value:
        return html.escape(str(value)) if type(value) is str else super().kept(name, value, present)


@breaks("blanks_are_saved")
class TakesBlankForAbsent(GoodSession):
    def saved(self, present: Record, values: Mapping[str, Value]) -> Mapping[str, Value]:
        return {name: value for name, value in super().saved(present, values).items() if value is not None}


@breaks("longest_text_is_kept")
class CutsTheLastLetter(GoodSession):
    def kept(self, name: str, value: Value, present: Value) -> Value:
        return str(value)[:39] if type(value) is str else super().kept(name, value, present)


@breaks("too_long_text_is_told")
class CutsInSilence(GoodSession):
    def check(self, actor: Actor, *, creating: bool) -> None:
        name = actor.values.get("NAME")
        short = {"NAME": name[:40]} if isinstance(name, str) else {}
        super().check(replace(actor, values={**actor.values, **short}), creating=creating)

    def kept(self, name: str, value: Value, present: Value) -> Value:
        return str(value)[:40] if name == "NAME" else super().kept(name, value, present)

    def answered(self, actor: Actor) -> Actor:
        return replace(super().answered(actor), values=actor.values)


@breaks("numbers_are_exact")
class ForgetsTheMinus(GoodSession):
    def saved(self, present: Record, values: Mapping[str, Value]) -> Mapping[str, Value]:
        kept = dict(super().saved(present, values))
        return {**kept, **{name: abs(kept[name]) for name in ("CREDIT",) if kept.get(name)}}


@breaks("truths_are_exact")
class TakesFalseForBlank(GoodSession):
    def kept(self, name: str, value: Value, present: Value) -> Value:
        return None if value is False else super().kept(name, value, present)


@breaks("times_are_exact")
class ShiftsLocalTimes(GoodSession):
    def saved(self, present: Record, values: Mapping[str, Value]) -> Mapping[str, Value]:
        called = values.get("CALLED")
        shifted = {"CALLED": called + timedelta(hours=1)} if isinstance(called, datetime) else {}
        return {**super().saved(present, values), **shifted}
