"""One record of the ERP, as the hub would hold it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import Any

from flask_babel import gettext as _

from erp_links.mapping.compiled import CompiledField, CompiledMapping
from erp_links.mapping.converting import UnmappedItemError
from erp_links.sync.row_forms import hub_rows
from erp_links.sync.sides import Fault
from host.crm.values import CrmValue
from sync_connectors import Actor
from sync_connectors.codec import value_to_json

_ABSENT = ...


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
        self._fields = tuple((each.erp.key, each.crm.key, _conversion(each), each.to_crm) for each in chosen)
        self._keys = mapping.erp_keys
        self._salt = mapping.fingerprint

    def digest(self, actor: Actor) -> bytes:
        """Return the content hash of an actor; equal hashes mean that there is nothing to do."""
        value_of = actor.values.get
        told: list[object] = [value_of(key, _ABSENT) for key in self._keys]
        if actor.parent is not None:
            told.append((actor.parent.actor_type, actor.parent.key))
        return blake2b(repr(told).encode("utf-8", "surrogatepass"), digest_size=16, key=self._salt).digest()

    def translate(self, actor: Actor, digest: bytes) -> Translated:
        """Return the actor in both forms."""
        done = Translated(actor, digest)
        values = actor.values
        for erp_key, crm_key, convert, fills_hub in self._fields:
            value = values.get(erp_key, _ABSENT)
            if value is _ABSENT:
                continue
            try:
                done.hub[crm_key] = convert(value)
            except ValueError as error:
                done.unusable[erp_key] = value_to_json(value)
                if not fills_hub:
                    continue
                if isinstance(error, UnmappedItemError):
                    done.unmapped += 1
                else:
                    done.faults.append(Fault(erp_key, str(error)))
            else:
                done.erp[erp_key] = value_to_json(value)
        return done


def _conversion(mapped: CompiledField) -> Callable[[Any], CrmValue]:
    return partial(hub_rows, mapped.columns) if mapped.columns else mapped.convert


def label_of(hub: Mapping[str, CrmValue], title_fields: Sequence[str], erp_key: str) -> str:
    """Return what a record is called in lists of failures."""
    title = " ".join(str(hub[key]) for key in title_fields if hub.get(key))
    return (title or _("record %(key)s", key=erp_key))[:254]
