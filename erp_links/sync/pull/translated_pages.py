"""A page of the ERP as the hub would hold it: whole columns at once, and one by one what is unusual."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from erp_links.mapping.column_converting import ColumnConverter, column_converter
from erp_links.mapping.compiled import CompiledField, CompiledMapping
from erp_links.sync.merge.delivered import Delivered
from erp_links.sync.merge.translating import ABSENT, FieldTranslation, Translated, field_translation
from host.crm.values import CrmValue, fold_all
from host.database import dump_json, load_json
from sync_connectors import Actor

Columns = Mapping[str, Sequence[CrmValue]]
"""Values by hub field, each in the order of the records."""


FoldedColumns = Mapping[str, Sequence[str | None]]
"""Texts by hub field in the form in which they are compared."""


class Records(Protocol):
    """Records of the ERP that are written in one transaction, as far as they are known without the hub's database.

    Attributes:
        actors: What the ERP gave.
        digests: Content hashes of these.
    """

    @property
    def actors(self) -> Sequence[Actor]: ...

    @property
    def digests(self) -> Sequence[bytes]: ...

    def pick(self, places: Sequence[int]) -> "TranslatedPage":
        """Return some of them in both forms."""


class TranslatedPage:
    """Records in both forms, by their place on the page.

    Where nothing is unusual, the hub's values are columns, and a record is put together only when it is asked for.
    """

    def __init__(
        self,
        delivered: Delivered,
        columns: Columns | None,
        records: Sequence[Translated] = (),
        folded: FoldedColumns | None = None,
    ) -> None:
        """Take the columns, or where there are none the records; `folded` are columns that were folded already."""
        self.actors = delivered.actors
        self.digests = delivered.digests
        self._texts = delivered.texts
        self._columns = columns
        self._folded = folded or {}
        self._records: list[Translated | None] = [*records] or [None] * len(self.actors)

    def __len__(self) -> int:
        return len(self.actors)

    def __reduce__(self) -> tuple[Any, ...]:
        """Go over to another process as columns, which takes half as long; the actors' values stay here."""
        is_whole = self._columns is not None
        records = () if is_whole else [replace(self.record(each), actor=_NOBODY) for each in range(len(self))]
        heads = zip(*((each.key, each.timestamp, each.parent, each.changed_at) for each in self.actors), strict=True)
        actor_type = self.actors[0].actor_type if self.actors else ""
        return _arrived, (actor_type, [*heads], self._texts, self.digests, self._columns, records, self._folded)

    def fold_texts(self) -> None:
        """Have the form ready in which texts are compared, which whoever creates all of the records needs."""
        self._folded = {key: fold_all(column) for key, column in (self._columns or {}).items() if _are_texts(column)}

    def pick(self, places: Sequence[int]) -> "TranslatedPage":
        """Return some of the records."""
        if len(places) == len(self):
            return self
        columns = (
            None if self._columns is None else {key: self._at(each, places) for key, each in self._columns.items()}
        )
        picked = Delivered(
            self._at(self.actors, places), self._at(self._texts, places), self._at(self.digests, places), (), True
        )
        records = [] if columns is not None else [self.record(place) for place in places]
        return TranslatedPage(picked, columns, records, self.folded(places))

    @property
    def is_whole(self) -> bool:
        """Whether no value of any record was left out."""
        return self._columns is not None

    def record(self, place: int) -> Translated:
        """Return one record."""
        record = self._records[place]
        if record is None:
            hub = {key: column[place] for key, column in (self._columns or {}).items()}
            erp = load_json(self._texts[place])
            record = self._records[place] = Translated(self.actors[place], self.digests[place], erp, hub)
        return record

    def column(self, key: str, places: Sequence[int]) -> list[CrmValue]:
        """Return what records have in a hub field; None where the field was not delivered or could not be held."""
        if self._columns is None:
            return [self.record(place).hub.get(key) for place in places]
        column = self._columns.get(key)
        return [None] * len(places) if column is None else self._at(column, places)

    def hub_columns(self, places: Sequence[int]) -> dict[str, list[CrmValue]]:
        """Return what records have in each hub field that any of them fills."""
        if self._columns is not None:
            return {key: self._at(column, places) for key, column in self._columns.items()}
        keys = dict.fromkeys(key for place in places for key in self.record(place).hub)
        return {key: self.column(key, places) for key in keys}

    def folded(self, places: Sequence[int]) -> dict[str, list[str | None]]:
        """Return what records have in hub fields of texts, in the form in which texts are compared, as far as known."""
        return {key: self._at(column, places) for key, column in self._folded.items()}

    def base_texts(self, places: Sequence[int]) -> list[str]:
        """Return the JSON texts of the ERP's values that the hub could take over."""
        if self._columns is None:
            return [dump_json(self.record(place).erp) for place in places]
        return [text.decode() for text in self._at(self._texts, places)]

    def settled_digests(self, places: Sequence[int]) -> list[bytes | None]:
        """Return the content hashes of records; None where a value was left out, so that they are looked at again."""
        if self._columns is not None:
            return self._at(self.digests, places)
        return [self.digests[place] if self.record(place).is_whole else None for place in places]

    def _at(self, column: Sequence[Any], places: Sequence[int]) -> list[Any]:
        return list(column) if len(places) == len(self) else [column[place] for place in places]


_NOBODY = Actor("", "", {})
_NO_VALUES: Mapping[str, Any] = {}


def _arrived(
    actor_type: str,
    heads: Sequence[Sequence[Any]],
    texts: Sequence[bytes],
    digests: Sequence[bytes],
    columns: Columns | None,
    records: Sequence[Translated],
    folded: FoldedColumns,
) -> TranslatedPage:
    actors = [
        Actor(actor_type, key, _NO_VALUES, timestamp, parent, changed_at)
        for key, timestamp, parent, changed_at in zip(*heads, strict=True)
    ]
    for record, actor in zip(records, actors, strict=False):
        record.actor = actor
    return TranslatedPage(Delivered(actors, texts, digests, (), True), columns, records, folded)


def _are_texts(column: Sequence[CrmValue]) -> bool:
    return isinstance(next((value for value in column if value is not None), None), str)


class PageTranslator:
    """Turns pages of actors of one type into records of the hub."""

    def __init__(self, mapping: CompiledMapping) -> None:
        self._fields = [(field_translation(each), _column_converter(each)) for each in mapping.pulled]

    def translate(self, delivered: Delivered) -> TranslatedPage:
        """Return the records in both forms."""
        columns: dict[str, Sequence[CrmValue]] = {}
        singly: list[FieldTranslation] = []
        for (field, convert), values in zip(self._fields, zip(*delivered.values, strict=True), strict=False):
            is_whole = delivered.is_complete or ABSENT not in values
            column = convert(values) if is_whole else None
            if column is None:
                singly.append(field)
            else:
                columns[field.crm_key] = column
        if not singly:
            return TranslatedPage(delivered, columns)
        return TranslatedPage(delivered, None, _records(delivered, columns, singly))


class Undone:
    """Records that are translated when it is known which of them are new."""

    def __init__(self, delivered: Delivered, translator: PageTranslator) -> None:
        """Take the records, and what translates them."""
        self._delivered = delivered
        self._translator = translator

    @property
    def actors(self) -> Sequence[Actor]:
        """What the ERP gave."""
        return self._delivered.actors

    @property
    def digests(self) -> Sequence[bytes]:
        """Content hashes of these."""
        return self._delivered.digests

    def pick(self, places: Sequence[int]) -> TranslatedPage:
        """Return some of the records in both forms."""
        return self._translator.translate(self._delivered.at(places))


def _records(delivered: Delivered, columns: Columns, singly: Sequence[FieldTranslation]) -> list[Translated]:
    """Return records of which some fields are unusual."""
    records = []
    for place, actor in enumerate(delivered.actors):
        hub = {key: column[place] for key, column in columns.items()}
        record = Translated(actor, delivered.digests[place], load_json(delivered.texts[place]), hub)
        for each in singly:
            record.erp.pop(each.erp_key, None)
            each.add_to(record)
        records.append(record)
    return records


def _column_converter(mapped: CompiledField) -> ColumnConverter:
    return _never_whole if mapped.columns else column_converter(mapped.erp, mapped.crm, mapped.convert)


def _never_whole(_values: Sequence[Any]) -> None:
    """Have rows translated record by record."""
