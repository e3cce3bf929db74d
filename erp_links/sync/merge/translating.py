"""One record of the ERP, as the hub would hold it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask_babel import gettext as _

from erp_links.mapping.compiled import CompiledField, CompiledMapping
from erp_links.mapping.converting import UnmappedItemError
from erp_links.sync.merge.row_forms import hub_rows
from erp_links.sync.merge.sides import Fault
from host.crm.values import CrmValue
from sync_connectors import Actor
from sync_connectors.codec import value_to_json

ABSENT: Any = ...
"""Stands for the value of a field that was not delivered."""


@dataclass(slots=True)
class Translated:
    """An actor in both forms. A field that is absent is in neither.

    Attributes:
        digest: 16 bytes over the mapped ERP values, the parent and the mapping; empty where nobody asks for it.
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


@dataclass(frozen=True, slots=True)
class FieldTranslation:
    """What is done with the values of one mapped field."""

    erp_key: str
    crm_key: str
    convert: Callable[[Any], CrmValue]
    fills_hub: bool

    def add_to(self, record: Translated) -> None:
        """Put the field of the record's actor into both of its forms, or note why the hub cannot hold it."""
        value = record.actor.values.get(self.erp_key, ABSENT)
        if value is ABSENT:
            return
        try:
            record.hub[self.crm_key] = self.convert(value)
        except ValueError as error:
            record.unusable[self.erp_key] = value_to_json(value)
            if not self.fills_hub:
                return
            if isinstance(error, UnmappedItemError):
                record.unmapped += 1
            else:
                record.faults.append(Fault(self.erp_key, str(error)))
        else:
            record.erp[self.erp_key] = value_to_json(value)


def field_translation(mapped: CompiledField) -> FieldTranslation:
    """Return what is done with the values of a mapped field."""
    convert = partial(hub_rows, mapped.columns) if mapped.columns else mapped.convert
    return FieldTranslation(mapped.erp.key, mapped.crm.key, convert, mapped.to_crm)


class Translator:
    """Turns actors of one type into records of the hub, one by one."""

    def __init__(self, mapping: CompiledMapping, fields: Sequence[CompiledField] | None = None) -> None:
        """Take the mapping, and which of its fields to translate; None means those that fill the hub."""
        self._fields = [*map(field_translation, mapping.pulled if fields is None else fields)]

    def translate(self, actor: Actor, digest: bytes = b"") -> Translated:
        """Return the actor in both forms."""
        record = Translated(actor, digest)
        for each in self._fields:
            each.add_to(record)
        return record


def label_of(hub: Mapping[str, CrmValue], title_fields: Sequence[str], erp_key: str) -> str:
    """Return what a record is called in lists of failures."""
    title = " ".join(str(hub[key]) for key in title_fields if hub.get(key))
    return (title or _("record %(key)s", key=erp_key))[:254]
