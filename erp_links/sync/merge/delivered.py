"""Records as the ERP delivered them, and the hashes that tell whether they bring anything new."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from operator import itemgetter
from typing import Any

import orjson

from erp_links.mapping.compiled import CompiledMapping
from erp_links.sync.merge.translating import ABSENT
from host.database import dump_json
from sync_connectors import Actor
from sync_connectors.codec import value_to_json


@dataclass(frozen=True, slots=True)
class Delivered:
    """Records as the ERP gave them.

    Attributes:
        texts: JSON object of the mapped values that were delivered, by ERP field.
        digests: 16 bytes over the mapped ERP values, the parent and the mapping. Equal ones mean that there is nothing
            to do. A field that was not delivered is not the same as an empty one.
        values: The values of all mapped fields, in the order of the mapping; `ABSENT` for those not delivered.
        is_complete: Whether all were delivered.
    """

    actors: Sequence[Actor]
    texts: Sequence[bytes]
    digests: Sequence[bytes]
    values: Sequence[tuple[Any, ...]]
    is_complete: bool

    def at(self, places: Sequence[int]) -> "Delivered":
        """Return some of the records."""
        if len(places) == len(self.actors):
            return self
        return Delivered(
            [self.actors[place] for place in places],
            [self.texts[place] for place in places],
            [self.digests[place] for place in places],
            [self.values[place] for place in places],
            self.is_complete,
        )


class Digester:
    """Looks at what a mapping pulls of actors of one type."""

    def __init__(self, mapping: CompiledMapping) -> None:
        self._keys = mapping.erp_keys
        self._has_rows = any(each.columns for each in mapping.pulled)
        self._salt = mapping.fingerprint

    def digest_of(self, actor: Actor) -> bytes:
        """Return the content hash of one record, as a page of it would have it."""
        return self.look_at([actor]).digests[0]

    def look_at(self, actors: Sequence[Actor]) -> Delivered:
        """Return what tells whether the records are new, before they are translated."""
        values, is_complete = self._values([actor.values for actor in actors])
        told: Iterable[dict[str, Any]] = [dict(zip(self._keys, each, strict=True)) for each in values]
        if not is_complete:
            told = [{key: value for key, value in each.items() if value is not ABSENT} for each in told]
        if self._has_rows:
            told = [{key: value_to_json(value) for key, value in each.items()} for each in told]
        texts = [*map(_text, told)]
        return Delivered(actors, texts, [*map(self._digest, actors, texts)], values, is_complete)

    def _values(self, records: Sequence[Mapping[str, Any]]) -> tuple[list[tuple[Any, ...]], bool]:
        if len(self._keys) > 1:
            with suppress(KeyError):  # a field was not delivered
                return [*map(itemgetter(*self._keys), records)], True
        return [tuple([record.get(key, ABSENT) for key in self._keys]) for record in records], False

    def _digest(self, actor: Actor, text: bytes) -> bytes:
        if actor.parent is not None:
            text += dump_json([actor.parent.actor_type, actor.parent.key]).encode()
        return blake2b(text, digest_size=16, salt=self._salt).digest()


def _text(values: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(values, default=value_to_json, option=orjson.OPT_PASSTHROUGH_DATETIME)
    except TypeError:  # half of a surrogate pair or a number beyond 64 bits, which only values that nobody checked hold
        return json.dumps(values, default=value_to_json).encode()
