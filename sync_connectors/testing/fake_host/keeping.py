"""What a host keeps of one actor type: here in memory, in Tieline in its database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sync_connectors.contract.actors import Actor, ActorReference
from sync_connectors.contract.answers import Page, Rejection
from sync_connectors.contract.values import Value


class IntentKind(StrEnum):
    """What a call does to a record."""

    CREATE = "create"
    SAVE = "save"


@dataclass(frozen=True)
class Intent:
    """A create or save that was announced and whose answer has not been stored.

    Attributes:
        entity: The host's own name of the record.
        values: What is sent, without the reference.
        key: Of the record that is saved; empty in a create.
        reference: Our own id as it is sent in the reference field; empty where none is declared.
        match_fields: By which a create is looked for where there is no reference.
        is_unclear: It cannot be found out whether it was done; a person must look, and it is never sent again.
    """

    kind: IntentKind
    entity: str
    values: Mapping[str, Value]
    key: str = ""
    reference: str = ""
    parent: ActorReference | None = None
    match_fields: Sequence[str] = ()
    is_unclear: bool = False


@dataclass
class Kept:
    """Everything that a host has stored of one actor type.

    Attributes:
        records: By key, each with all values that ever came.
        watermark: From which the next pass reads; None reads everything.
        resume: Cursor behind the last page of a pass that is not complete.
        candidate: The last watermark of that pass; taken over when it completes.
        unreadable: What the ERP holds and the connector could not read, by key.
        deleted: Keys that were reported as deleted.
        intents: By entity.
        pairings: Keys in the ERP by entity, of what was created.
        created: The settled intents of what was created, by entity.
    """

    records: dict[str, Actor] = field(default_factory=dict)
    watermark: str | None = None
    resume: str | None = None
    candidate: str | None = None
    unreadable: dict[str, Rejection] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    deletions_watermark: str | None = None
    intents: dict[str, Intent] = field(default_factory=dict)
    pairings: dict[str, str] = field(default_factory=dict)
    created: dict[str, Intent] = field(default_factory=dict)

    def store_page(self, page: Page) -> None:
        """Take a page over with its cursor: both or none, as in one transaction."""
        for actor in page.actors:
            self.store(actor)
        for rejection in page.rejections:
            self.unreadable[rejection.key] = rejection
        self.resume = page.resume
        self.candidate = page.watermark or self.candidate

    def store(self, actor: Actor) -> None:
        """Take a record over; an absent field is unchanged."""
        known = self.records.get(actor.key)
        values = {**known.values, **actor.values} if known else dict(actor.values)
        self.records[actor.key] = replace(actor, values=values)
        self.unreadable.pop(actor.key, None)
        self.deleted.discard(actor.key)

    def forget(self, key: str) -> None:
        """Take a deletion over."""
        self.records.pop(key, None)
        self.unreadable.pop(key, None)
        self.deleted.add(key)

    def begin_anew(self) -> None:
        """Give the place in the pass up; the next session reads from the watermark again."""
        self.resume = None

    def complete_pass(self) -> None:
        """Let the watermark move."""
        self.watermark = self.candidate or self.watermark
        self.resume = self.candidate = None
