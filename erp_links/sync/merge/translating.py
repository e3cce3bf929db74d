"""One record of the ERP, as the hub would hold it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from operator import itemgetter
from typing import Any

import orjson
from flask_babel import gettext as _

from erp_links.mapping.column_converting import ColumnConverter, column_converter
from erp_links.mapping.compiled import CompiledField, CompiledMapping
from erp_links.mapping.converting import UnmappedItemError
from erp_links.sync.merge.row_forms import hub_rows
from erp_links.sync.merge.sides import Fault
from host.crm.values import CrmValue
from sync_connectors import Actor
from sync_connectors.codec import value_to_json

_ABSENT: Any = ...

_NOT_DELIVERED = {"": 0}
"""Stands in a digest for a field that was not delivered; no value of a field has this form."""


@dataclass(slots=True)
class Translated:
    """An actor in both forms. A field that is absent is in neither.

    Attributes:
        digest: 16 bytes over the mapped ERP values, the parent and the mapping.
        erp: JSON form of the ERP's values, by ERP field key.
        hub: Values of the hub, by hub field key.
        unusable: JSON form of the ERP's values that the hub cannot hold, by ERP field key; they are not in `erp`.
        unmapped: How many list items the hub's lists do not have.
    """

    actor: Actor
    digest: bytes
    erp: dict[str, Any] = field(default_factory=dict)
    hub: dict[str, CrmValue] = field(default_factory=dict)
    unusable: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unmapped: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out, so that the digest stands for what the hub has."""
        return not self.faults and not self.unmapped


class Translator:
    """Turns actors of one type into records of the hub."""

    def __init__(self, mapping: CompiledMapping, fields: Sequence[CompiledField] | None = None) -> None:
        """Take the mapping, and which of its fields to translate; None means those that fill the hub."""
        chosen = mapping.pulled if fields is None else fields
        self._fields = tuple(
            _TranslatedField(each.erp.key, each.crm.key, _conversion(each), each.to_crm, _column_conversion(each))
            for each in chosen
        )
        self._keys = mapping.erp_keys
        self._all_values = itemgetter(*self._keys) if len(self._keys) > 1 else self._few_values
        self._salt = mapping.fingerprint

    def digest(self, actor: Actor) -> bytes:
        """Return the content hash of an actor; equal hashes mean that there is nothing to do."""
        values = actor.values
        try:
            told: object = self._all_values(values)
        except KeyError:  # a field was not delivered, which is not the same as an empty one
            told = [values.get(key, _NOT_DELIVERED) for key in self._keys]
        if actor.parent is not None:
            told = [told, actor.parent.actor_type, actor.parent.key]
        try:
            text = orjson.dumps(told, default=repr)
        except TypeError:  # half of a surrogate pair, which only values that nobody checked hold
            text = repr(told).encode("utf-8", "surrogatepass")
        return blake2b(text, digest_size=16, salt=self._salt).digest()

    def _few_values(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(values[key] for key in self._keys)

    def translate(self, actor: Actor, digest: bytes) -> Translated:
        """Return the actor in both forms."""
        done = Translated(actor, digest)
        for each in self._fields:
            _translate_field(each, done)
        return done

    def translate_all(self, actors: Sequence[Actor], digests: Sequence[bytes]) -> list[Translated]:
        """Return what `translate` returns for each of the actors: column by column, where nothing is unusual."""
        columns_of = self._delivered(actors)
        whole: list[tuple[str, Sequence[Any], str, Sequence[CrmValue]]] = []
        singly: list[_TranslatedField] = []
        for each, values in zip(self._fields, columns_of, strict=True):
            columns = None if values is None else each.convert_column(values)
            if columns is None:
                singly.append(each)
            else:
                whole.append((each.erp_key, columns[1], each.crm_key, columns[0]))
        of_erp = _records([(key, column) for key, column, _, _ in whole], len(actors))
        of_hub = _records([(key, column) for _, _, key, column in whole], len(actors))
        made = [Translated(*each) for each in zip(actors, digests, of_erp, of_hub, strict=True)]
        for each in singly:
            for done in made:
                _translate_field(each, done)
        return made

    def _delivered(self, actors: Sequence[Actor]) -> list[Sequence[Any] | None]:
        """Return the values of each field over the records; None where one of them was not delivered."""
        try:
            return [list(map(itemgetter(each.erp_key), [actor.values for actor in actors])) for each in self._fields]
        except KeyError:
            columns = [[actor.values.get(each.erp_key, _ABSENT) for actor in actors] for each in self._fields]
            return [None if any(value is _ABSENT for value in values) else values for values in columns]


@dataclass(frozen=True, slots=True)
class _TranslatedField:
    erp_key: str
    crm_key: str
    convert: Callable[[Any], CrmValue]
    fills_hub: bool
    convert_column: ColumnConverter


def _translate_field(field: _TranslatedField, done: Translated) -> None:
    value = done.actor.values.get(field.erp_key, _ABSENT)
    if value is _ABSENT:
        return
    try:
        done.hub[field.crm_key] = field.convert(value)
    except ValueError as error:
        done.unusable[field.erp_key] = value_to_json(value)
        if not field.fills_hub:
            return
        if isinstance(error, UnmappedItemError):
            done.unmapped += 1
        else:
            done.faults.append(Fault(field.erp_key, str(error)))
    else:
        done.erp[field.erp_key] = value_to_json(value)


def _records(columns: Sequence[tuple[str, Sequence[Any]]], count: int) -> list[dict[str, Any]]:
    """Return records of these columns; without any column they are empty."""
    if not columns:
        return [{} for _ in range(count)]
    keys = [key for key, _ in columns]
    return [dict(zip(keys, row, strict=True)) for row in zip(*(column for _, column in columns), strict=True)]


def _conversion(mapped: CompiledField) -> Callable[[Any], CrmValue]:
    return partial(hub_rows, mapped.columns) if mapped.columns else mapped.convert


def _column_conversion(mapped: CompiledField) -> ColumnConverter:
    return _never_whole if mapped.columns else column_converter(mapped.erp, mapped.crm, mapped.convert)


def _never_whole(_values: Sequence[Any]) -> None:
    """Have rows translated record by record."""


def label_of(hub: Mapping[str, CrmValue], title_fields: Sequence[str], erp_key: str) -> str:
    """Return what a record is called in lists of failures."""
    title = " ".join(str(hub[key]) for key in title_fields if hub.get(key))
    return (title or _("record %(key)s", key=erp_key))[:254]
