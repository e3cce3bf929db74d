"""What the batches of one pass to the ERP share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import Any

from sqlalchemy.orm import Session

from erp_links.sync.merge.sides import Owed
from erp_links.sync.models import IntentKind
from erp_links.sync.push.cases import Case
from erp_links.sync.push.intents import forget_intents, store_intents
from erp_links.sync.push.interleaving import StoppedError, Store, Write
from erp_links.sync.push.push_stores import PushStores
from erp_links.sync.push.push_types import PushType
from erp_links.sync.run_in_hand import RunInHand
from sync_connectors import ConfigurationError, UnavailableError, UnknownLinkError

Sending = Sequence[tuple[Case, Sequence[Owed], str]]
"""Cases, what is sent of each, and our reference where there is one."""


@dataclass(frozen=True, slots=True)
class PushScene:
    """One pass to the ERP, or the settling of open intents.

    Attributes:
        guid: The connector's name for the link, of which our references are made.
        side_by_side: How many calls there may be at one time.
        may_ask: Whether people may have been asked about conflicts.
    """

    run: RunInHand
    stores: PushStores
    guid: str
    side_by_side: int
    may_ask: bool

    def announce(self, push_type: PushType, kind: IntentKind, sending: Sending) -> Store:
        """Return the storing of what is about to be sent."""
        named = self._named(push_type)
        return Store(lambda session, at: store_intents(session, named, kind, sending, at), wanted=True)

    def take_back(self, push_type: PushType, cases: Sequence[Case]) -> Store:
        """Return the removal of what was announced and certainly not done."""
        ids = [case.entity_id for case in cases]
        return Store(lambda session, _at: forget_intents(session, self._named(push_type), ids))

    def settle(self, push_type: PushType, cases: Sequence[Case]) -> Write:
        """Return the writing of what was decided."""
        return partial(self._settle, push_type=push_type, cases=cases)

    def _settle(self, session: Session, at: datetime, push_type: PushType, cases: Sequence[Case]) -> None:
        self.stores.settle(session, at, push_type, cases)

    def _named(self, push_type: PushType) -> dict[str, Any]:
        return {
            "link_id": self.run.permit.link_id,
            "run_id": self.run.permit.run_id,
            "actor_type": push_type.name,
            "entity_type": push_type.mapping.entity.key,
        }


def did_nothing(error: BaseException) -> bool:
    """Whether a call that raised this has certainly changed nothing in the ERP."""
    if isinstance(error, UnavailableError):
        return error.unsent
    return isinstance(error, ConfigurationError | UnknownLinkError | StoppedError)


def answered(result: Any) -> Any:
    """Return the result of a call.

    Raises:
        Exception: What the call raised.
    """
    if isinstance(result, BaseException):
        raise result
    return result


def reference_of(guid: str, entity_type: str, entity_id: int, max_length: int) -> str:
    """Return our own id for a record, as the ERP's reference field takes it: the same at any time.

    Args:
        guid: The connector's name for the link.
        entity_type: Key of the entity.
        entity_id: Id of the record.
        max_length: Longest text of the field; 0 means unlimited.
    """
    short = f"{guid[:8]}:{entity_type}:{entity_id}"
    for text in (f"tieline:{short}", short):
        if not max_length or len(text) <= max_length:
            return text
    return blake2b(short.encode(), digest_size=16).hexdigest()[:max_length]
