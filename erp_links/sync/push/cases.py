"""One record on its way to the ERP as one actor type: what is known of it, and what becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from erp_links.sync.failures import Failure, KnownFailure
from erp_links.sync.merge.sides import NOTHING_SPECIAL, Bases, Choice, Circumstances, Merged, Owed, Sent
from erp_links.sync.merge.translating import Translated
from erp_links.sync.models import IntentState, PairingState
from erp_links.sync.pairings import KeyedBy, StoredPairing
from erp_links.sync.push.push_types import PushType
from erp_links.sync.reasons import FailureReason, WinReason
from host.crm.record import Record
from sync_connectors import Actor, ActorReference, Value


@dataclass(frozen=True, slots=True)
class StoredIntent:
    """What an earlier call was about to do in the ERP, and never told the end of."""

    id: int
    kind: str
    state: str
    erp_key: str
    reference: str
    sent: Sent


@dataclass(frozen=True, slots=True)
class Move:
    """Another parent that the ERP has to give a record, the one that it has, and why."""

    parent: ActorReference
    before: ActorReference | None
    reason: WinReason


@dataclass(slots=True)
class Case:
    """A record of the hub and what the ERP has for it.

    Attributes:
        others: Actors of other types that the record is paired with on this link.
        parent: The actor below which the record lies; `waits` says that its parent has none yet.
        move: Another parent that the ERP has to give a paired record.
        settled_parent: What a paired record lies below on both sides, as far as is settled once this is written.
        is_parent_settled: False where the ERP has moved it, and the next pull is to follow.
        fields: The fields that changed according to the outbox; empty means any.
        intent: What an earlier run left open.
        outcome: Which count it goes into; empty as long as nothing is decided.
        sent: What the ERP has taken over; `arrived` likewise, by a call of an earlier run whose answer was lost.
        has_intent: Whether something is stored about a call whose answer is known now.
        actor: The record as the ERP has it now, as far as is known.
        is_settled: Whether the content hash of `actor` stands for what the hub has.
        new: "created" or "paired" where the pairing is new.
        stays: Whether its outbox entry stays for the next run.
        is_stored: Whether the outcome has been written.
    """

    type: PushType
    record: Record
    pairing: StoredPairing | None = None
    others: tuple[KeyedBy, ...] = ()
    parent: ActorReference | None = None
    waits: bool = False
    move: Move | None = None
    settled_parent: ActorReference | None = None
    is_parent_settled: bool = True
    fields: frozenset[str] = frozenset()
    intent: StoredIntent | None = None
    choices: Mapping[str, Choice] = field(default_factory=dict)
    known: KnownFailure | None = None

    outcome: str = ""
    incoming: Translated | None = None
    merged: Merged | None = None
    sent: list[Owed] = field(default_factory=list)
    arrived: list[Owed] = field(default_factory=list)
    has_intent: bool = False
    actor: Actor | None = None
    is_settled: bool = False
    new: str = ""
    failure: Failure | None = None
    unclear: str = ""
    unmapped: int = 0
    stays: bool = False
    is_stored: bool = False

    @property
    def entity_id(self) -> int:
        """Id of the record."""
        return self.record.id

    @property
    def erp_key(self) -> str:
        """Key of the actor; empty while there is none."""
        if self.pairing is not None:
            return self.pairing.erp_key
        if self.actor is not None:
            return self.actor.key
        return self.intent.erp_key if self.intent is not None else ""

    @property
    def is_paired(self) -> bool:
        """Whether it is paired, and the ERP is not known to have lost its actor."""
        return self.pairing is not None and self.pairing.state == PairingState.PAIRED

    @property
    def is_gone(self) -> bool:
        """Whether it is paired with an actor that the ERP did not have any more when it was last looked at."""
        return self.pairing is not None and self.pairing.state == PairingState.GONE

    @property
    def is_unclear(self) -> bool:
        """Whether only a person can tell if the ERP has it already."""
        return self.intent is not None and self.intent.state == IntentState.UNCLEAR

    @property
    def bases(self) -> Bases:
        """What was last settled."""
        return self.pairing.bases if self.pairing is not None else Bases()

    @property
    def lacks_base(self) -> bool:
        """Whether a field that goes to the ERP was never settled, such as one that a pull does not read."""
        settled = self.bases.erp
        return any(mapped.erp.key not in settled for mapped in self.type.mapping.pushed)

    @property
    def circumstances(self) -> Circumstances:
        """What else the merge has to know."""
        if self.intent is None and not self.choices:
            return NOTHING_SPECIAL
        return Circumstances(self.intent.sent if self.intent else None, self.choices)

    def end(self, outcome: str) -> None:
        """Note what became of it."""
        self.outcome = outcome

    def wait(self) -> None:
        """Leave everything for the next run."""
        self.outcome, self.stays = "erp_waiting", True

    def fail(
        self,
        reason: FailureReason,
        message: str,
        instruction: str = "",
        *,
        technical: str = "",
        erp_field: str = "",
        payload: Mapping[str, Any] | None = None,
        parent: KeyedBy | None = None,
    ) -> None:
        """Keep it as a failed record."""
        self.outcome = "erp_waiting" if reason is FailureReason.WAITING_FOR_PARENT else "erp_failed"
        self.failure = Failure(
            erp_key=self.erp_key,
            reason=reason,
            message=message,
            instruction=instruction,
            technical=technical,
            erp_field=erp_field,
            label=self.record.title[:254],
            entity_id=self.entity_id,
            parent=parent,
            payload=payload or {},
        )

    def take_values(self, values: Mapping[str, Value], timestamp: str) -> None:
        """Note values that the actor has by now."""
        if self.actor is not None:
            self.actor = replace(self.actor, values={**self.actor.values, **values}, timestamp=timestamp)
