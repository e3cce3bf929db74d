"""Creates whose record was deleted in the hub before it was known whether the ERP had made it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from erp_links.sync.models import IntentKind, Pairing, PairingState
from erp_links.sync.pairings import glance, nothing_settled
from erp_links.sync.push.cases import StoredIntent
from erp_links.sync.push.interleaving import Ask, Steps
from erp_links.sync.push.looking_up import searching
from erp_links.sync.push.push_scene import PushScene, answered
from erp_links.sync.push.push_types import PushType
from sync_connectors import Actor, Operator, Restriction

_PAIRING = cast(Table, Pairing.__table__)


def find_abandoned(scene: PushScene, push_type: PushType, intents: Mapping[int, StoredIntent]) -> Steps:
    """Look for what the ERP has made of records that are gone.

    Returns:
        The actors that nobody is paired with, and the ids of the records of which nothing is left to be found out. A
        create that cannot be looked up by our reference counts to them.
    """
    asked = {
        entity_id: intent
        for entity_id, intent in intents.items()
        if intent.kind == IntentKind.CREATE and intent.reference and push_type.reference_field
    }
    settled = set(intents) - set(asked)
    found: list[Actor] = []
    for entity_id, intent in asked.items():
        key = push_type.reference_field
        (result,) = yield Ask([searching(push_type, [Restriction(key, Operator.EQUALS, (intent.reference,))])])
        answer = answered(result)
        if not scene.run.warnings.concludes(answer.notices, has_records=bool(answer.actors)):
            continue
        settled.add(entity_id)
        found += [actor for actor in answer.actors if actor.values.get(key) == intent.reference]
    with scene.run.database.reading() as session:
        keys = [actor.key for actor in found]
        taken = glance(session, scene.run.permit.link_id, push_type.name, keys) if keys else {}
    return [actor for actor in found if actor.key not in taken], settled


def bury(session: Session, link_id: int, push_type: PushType, actors: Sequence[Actor], at: datetime) -> None:
    """Leave a tombstone for each of these actors, so that no pull makes a record of it again."""
    rows: list[dict[str, Any]] = [
        {
            "link_id": link_id,
            "actor_type": push_type.name,
            "erp_key": actor.key,
            "parent_type": actor.parent.actor_type if actor.parent else None,
            "parent_key": actor.parent.key if actor.parent else None,
            "entity_type": push_type.mapping.entity.key,
            "entity_id": None,
            "state": PairingState.TOMBSTONE.value,
            **nothing_settled(),
            "paired_at": at,
            "synced_at": at,
        }
        for actor in actors
    ]
    if rows:
        session.connection().execute(insert(_PAIRING), rows)
