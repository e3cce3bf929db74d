"""Finding out what became of calls whose answer was lost: by looking into the ERP, never by sending again."""

from collections.abc import Sequence
from dataclasses import replace

from sync_connectors.contract.actors import Actor, Capabilities
from sync_connectors.contract.connector import LinkSession
from sync_connectors.contract.fields import Field
from sync_connectors.contract.search import OPERATORS, Operator, Restriction
from sync_connectors.contract.values import Value
from sync_connectors.testing.fake_host.keeping import Intent, IntentKind, Kept


class UnclearError(Exception):
    """Whether a record was created cannot be found out: Tieline shows it to a person and never sends it again.

    It ends a call of the fake host. A connector that declares a reference field never leads here.
    """


def settle(
    session: LinkSession, actor_type: str, kept: Kept, fields: Sequence[Field], capabilities: Capabilities
) -> None:
    """Settle all open intents of an actor type, as a run of Tieline begins with.

    What was done is taken over. What was certainly not done is forgotten, and may be sent anew. Creates that may have
    been done stay, marked as unclear.

    Raises:
        ConnectorError: What the connector raised; the intents stay.
    """
    keys = [field.key for field in fields]
    for intent in list(kept.intents.values()):
        if intent.is_unclear:
            continue
        if intent.kind is IntentKind.SAVE:
            found = session.get(actor_type, [intent.key], keys).actors
            for actor in found:
                kept.store(actor)
            del kept.intents[intent.entity]
            continue
        suiting = _made_of(session, actor_type, intent, fields, capabilities)
        free = [actor for actor in suiting if actor.key not in kept.pairings.values()]
        if len(free) == 1:
            take_created(kept, intent, free[0])
        elif intent.reference and not suiting:
            del kept.intents[intent.entity]
        else:
            kept.intents[intent.entity] = replace(intent, is_unclear=True)


def take_created(kept: Kept, intent: Intent, actor: Actor) -> None:
    """Pair an entity with the record that was made of it."""
    kept.store(actor)
    kept.pairings[intent.entity] = actor.key
    kept.created[intent.entity] = intent
    kept.intents.pop(intent.entity, None)


def _made_of(
    session: LinkSession, actor_type: str, intent: Intent, fields: Sequence[Field], capabilities: Capabilities
) -> list[Actor]:
    """Return the records that a create may have made."""
    wanted: dict[str, Value] = {key: intent.values.get(key) for key in intent.match_fields}
    if intent.reference:
        wanted = {capabilities.reference_field: intent.reference}
    if not wanted:
        return []
    types = {field.key: field.type for field in fields}
    restrictions = [
        Restriction(key, Operator.EQUALS if Operator.EQUALS in OPERATORS[types[key]] else Operator.ONE_OF, (value,))
        for key, value in wanted.items()
    ]
    answer = session.search_advanced(actor_type, restrictions, [field.key for field in fields])
    return [actor for actor in answer.actors if all(actor.values.get(key) == value for key, value in wanted.items())]
