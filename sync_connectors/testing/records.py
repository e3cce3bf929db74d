"""One actor type as the checks see it: what is declared, what was read, and a record of the kit's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from sync_connectors.contract.actors import Actor, ActorReference, ActorType
from sync_connectors.contract.answers import Saved
from sync_connectors.contract.fields import Access, Field
from sync_connectors.contract.values import FieldType, Value
from sync_connectors.testing.once import Once
from sync_connectors.testing.outcomes import apply_if, require
from sync_connectors.testing.passes import Pass, read_pass
from sync_connectors.testing.samples import made_value, made_values, numbered

if TYPE_CHECKING:
    from sync_connectors.testing.bench import Bench

_MOST_KEYS = 200


class TypeBench:
    """One actor type of the connector that is judged."""

    def __init__(self, bench: Bench, actor_type: ActorType) -> None:
        self.bench = bench
        self.type = actor_type
        self.name = actor_type.name
        self.able = actor_type.capabilities
        self._fields = Once(lambda: tuple(bench.session.fields(self.name)))
        self._searchable = Once(lambda: tuple(bench.session.searchable_fields(self.name)))
        self._first_pass = Once(lambda: self.read_pass(most=bench.setup.most_records))
        self._own = Once(self._find_own)

    @property
    def fields(self) -> Sequence[Field]:
        """What is declared."""
        return self._fields()

    @property
    def field_keys(self) -> list[str]:
        """The keys of all fields that carry a value."""
        return [field.key for field in self.fields if field.type is not FieldType.LABEL]

    @property
    def searchable(self) -> Sequence[str]:
        """The keys usable in an advanced search."""
        return self._searchable()

    @property
    def first_pass(self) -> Pass:
        """The records as they were at first."""
        return self._first_pass()

    @property
    def records(self) -> Mapping[str, Actor]:
        """The records of the first pass by key.

        Raises:
            DoesNotApplyError: There are none.
        """
        records = self.first_pass.records
        apply_if(records, "the ERP has no records of this type")
        return records

    @cached_property
    def text_field(self) -> Field:
        """The text field into which the checks write.

        Raises:
            DoesNotApplyError: There is none.
        """
        texts = [field for field in self.writable(FieldType.TEXT) if field.key != self.able.reference_field]
        apply_if(texts, "it has no text field that can be written")
        # what must be given is a name far more often than a number or an address with a form of its own
        return max(texts, key=lambda field: (field.access is Access.MANDATORY, field.max_length or 10_000))

    def writable(self, *types: FieldType) -> list[Field]:
        """Return the fields of these types that can be written; of all types when none is named."""
        valueless = {FieldType.LABEL, FieldType.PASSWORD}
        return [
            field
            for field in self.fields
            if field.access is not Access.READ_ONLY and (field.type in types if types else field.type not in valueless)
        ]

    def read_pass(self, watermark: str | None = None, *, resume: str | None = None, most: int | None = None) -> Pass:
        """Read changes with all fields in the session that the checks share."""
        return read_pass(self.bench.session, self.name, watermark, self.field_keys, resume=resume, most=most)

    def get(self, keys: Collection[str], fields: Sequence[str] | None = None) -> dict[str, Actor]:
        """Return the records with these keys, in as many calls as the connector needs."""
        wanted = list(keys)
        found: dict[str, Actor] = {}
        size = min(self.able.maximum_batch or _MOST_KEYS, _MOST_KEYS)
        for start in range(0, len(wanted), size):
            names = self.field_keys if fields is None else fields
            answer = self.bench.session.get(self.name, wanted[start : start + size], names)
            found.update((actor.key, actor) for actor in answer.actors)
        return found

    def read(self, key: str) -> Actor:
        """Return one record that must be there."""
        found = self.get([key])
        require(key in found, f"get does not return {key}")
        return found[key]

    def sample(self, **values: Value) -> Actor:
        """Return a record that can be created, with these values instead of those of the sample."""
        number = self.bench.next_number()
        given = self.bench.setup.samples.get(self.name)
        made = (
            numbered(given, number)
            if given is not None
            else made_values(
                [field for field in self.fields if field.key != self.able.reference_field], self.bench.items, number
            )
        )
        return Actor(self.name, "", {**made, **values}, parent=self._parent())

    def made(self, field: Field) -> Value:
        """Return a new value for a field."""
        return made_value(field, self.bench.items, self.bench.next_number())

    def create(self, actor: Actor) -> Actor:
        """Create a record, and remember that it stays in the ERP."""
        apply_if(self.able.create, "it declares no create")
        created = self.bench.session.create(actor)
        self.bench.created.append((self.name, created.key))
        return created

    def own(self) -> Actor:
        """Return the record that the kit may change, as it is now.

        Raises:
            DoesNotApplyError: None can be changed.
        """
        key = self._own()
        found = self.get([key])
        apply_if(key in found, f"the record {key} that may be changed is not there")
        return found[key]

    def save(self, actor: Actor, **values: Value) -> Saved:
        """Change some fields of a record."""
        return self.bench.session.save([replace(actor, values=values)])

    def change(self, actor: Actor, **values: Value) -> Actor:
        """Change some fields of a record, which must succeed; return what the connector answered."""
        saved = self.save(actor, **values)
        require(
            not saved.rejections,
            f"{self.name} {actor.key} was refused: {'; '.join(each.text for each in saved.rejections)}",
        )
        require(saved.actors, f"save does not answer the record {actor.key}, which counts as not saved")
        return saved.actors[0]

    def _find_own(self) -> str:
        apply_if(self.able.save, "it declares no save")
        named = self.bench.setup.to_change.get(self.name)
        if named is not None:
            return named
        apply_if(self.able.create, "it cannot create a record to change; name one in `to_change`")
        return self.create(self.sample()).key

    def _parent(self) -> ActorReference | None:
        """Return a record to lie under: the kit's own where there is one, any other otherwise."""
        for name in self.type.parents:
            parent = self.bench.types[name]
            if parent.able.create and parent.able.save and self.bench.setup.may_write:
                return ActorReference(name, parent.own().key)
            for key in parent.first_pass.records:
                return ActorReference(name, key)
        apply_if(not self.type.parents, "there is no parent to create a record under")
        return None
