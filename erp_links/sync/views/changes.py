"""What runs and people changed through a link, as the log tells it: narrowed by kind, side, field, reason and text."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, Text, and_, cast, or_, select
from sqlalchemy.orm import Session

from erp_links.mapping.models import LinkActorType, LinkField
from erp_links.sync.models import LogEntry
from host.crm.expressions import comparable_expression, contains
from host.crm.registry import entity_types, fields_of
from host.crm.tables import table_of
from host.crm.values import fold


class LogKind(StrEnum):
    """What an entry of the log tells of."""

    CREATED = "created"
    PAIRED = "paired"
    CHANGED = "changed"
    CONFLICT = "conflict"
    GONE = "gone"
    DISCONNECTED = "disconnected"
    LIFTED = "lifted"
    REVERTED = "reverted"
    NOT_REVERTED = "not_reverted"


TARGETS = ("crm", "erp")
"""The sides that something was written on."""


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """What of the log is wanted; what is empty does not narrow it.

    Attributes:
        target: The side that was written on.
        field: Key of a field of the hub.
        reason: A `WinReason`.
        text: Looked for in ERP keys, in old and new values, and in what the hub's search looks into of the records.
    """

    kind: str = ""
    target: str = ""
    field: str = ""
    reason: str = ""
    text: str = ""

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anything out."""
        return any((self.kind, self.target, self.field, self.reason, self.text))

    @property
    def arguments(self) -> dict[str, str]:
        """What stands for it in an address."""
        named = {"kind": self.kind, "target": self.target, "field": self.field, "reason": self.reason, "q": self.text}
        return {name: value for name, value in named.items() if value}


def changes_query(wanted: ChangeFilter, *, run_id: int) -> Select[LogEntry]:
    """Return the query for what a run changed."""
    return select(LogEntry).where(LogEntry.run_id == run_id, *_conditions(wanted))


def field_options(session: Session, link_id: int) -> list[tuple[str, str]]:
    """Return the hub's fields that a link maps, with their labels, to choose one from."""
    rows = session.execute(
        select(LinkActorType.entity_type, LinkField.crm_field)
        .join(LinkField, LinkField.actor_type_id == LinkActorType.id)
        .where(LinkActorType.link_id == link_id, LinkField.crm_field.is_not(None))
        .order_by(LinkActorType.rank, LinkField.rank)
    ).all()
    fields = {key: fields_of(session, key) for key in {row.entity_type for row in rows} & set(entity_types())}
    options: dict[str, str] = {}
    for entity_type, key in rows:
        field = fields.get(entity_type, {}).get(key or "")
        if field is not None:
            options.setdefault(field.key, str(field.label))
    return sorted(options.items(), key=lambda option: option[1].casefold())


def kind_words(kind: str, target: str = "") -> str:
    """Return a kind of change in words."""
    if kind == LogKind.CREATED and target:
        return str(_("created in the ERP") if target == "erp" else _("created in the CRM"))
    words: dict[str, str] = {
        LogKind.CREATED.value: _("created"),
        LogKind.PAIRED.value: _("paired"),
        LogKind.CHANGED.value: _("changed"),
        LogKind.CONFLICT.value: _("conflict that waits for a person"),
        LogKind.GONE.value: _("gone in the ERP"),
        LogKind.DISCONNECTED.value: _("disconnected"),
        LogKind.LIFTED.value: _("tombstone lifted"),
        LogKind.REVERTED.value: _("reverted"),
        LogKind.NOT_REVERTED.value: _("not reverted"),
    }
    return words.get(kind, kind)


def _conditions(wanted: ChangeFilter) -> Iterator[ColumnElement[bool]]:
    conditions = {
        LogEntry.kind: wanted.kind,
        LogEntry.target: wanted.target,
        LogEntry.crm_field: wanted.field,
        LogEntry.reason: wanted.reason,
    }
    for column, value in conditions.items():
        if value:
            yield column == value
    if wanted.text:
        yield or_(*_mentions(wanted.text))


def _mentions(text: str) -> Iterator[ColumnElement[bool]]:
    for column in (LogEntry.erp_key, cast(LogEntry.old, Text), cast(LogEntry.new, Text)):
        yield column.icontains(text, autoescape=True)
    for key, entity in entity_types().items():
        # what a record was created with stands in the record only
        searched = [field for field in entity.fields if field.searchable]
        named = select(table_of(key).c.id).where(
            or_(*(contains(comparable_expression(key, field), fold(text)) for field in searched))
        )
        yield and_(LogEntry.entity_type == key, LogEntry.entity_id.in_(named))
