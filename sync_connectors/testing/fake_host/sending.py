"""Creating and saving as the engine does it: announced, sent, and stored with the answer."""

from collections.abc import Callable
from dataclasses import replace

from sync_connectors.contract.actors import Actor
from sync_connectors.contract.connector import LinkSession
from sync_connectors.contract.errors import (
    ConfigurationError,
    ConnectorError,
    RejectedRecordError,
    UnavailableError,
    UnknownLinkError,
)
from sync_connectors.testing.fake_host.dying import Moment
from sync_connectors.testing.fake_host.keeping import Intent, Kept
from sync_connectors.testing.fake_host.settling import take_created

_MOST_TRIES_OF_A_STALE_SAVE = 3


def create(
    session: LinkSession,
    actor_type: str,
    kept: Kept,
    intent: Intent,
    reference_field: str,
    reach: Callable[[Moment], None],
) -> str:
    """Create a record and return its key.

    Raises:
        ConnectorError: What the connector raised; where the ERP may have done it, the intent stays.
        HostDiedError: Likewise.
    """
    kept.intents[intent.entity] = intent
    reach(Moment.INTENT_STORED)
    values = dict(intent.values)
    if intent.reference:
        values[reference_field] = intent.reference
    try:
        actor = session.create(Actor(actor_type, "", values, "", intent.parent))
    except ConnectorError as error:
        if _did_nothing(error):
            del kept.intents[intent.entity]
        raise
    reach(Moment.SENT)
    take_created(kept, intent, replace(actor, values={**values, **actor.values}))
    return actor.key


def save(session: LinkSession, actor_type: str, kept: Kept, intent: Intent, reach: Callable[[Moment], None]) -> Actor:
    """Save changed values of a record and return it as it is now.

    A record that somebody else was quicker with is read again and saved again, three times at most.

    Raises:
        RejectedRecordError: The ERP refused it, or saved nothing and said nothing.
        ConnectorError: What the connector raised; where the ERP may have done it, the intent stays.
        HostDiedError: Likewise.
    """
    key = intent.key
    kept.intents[intent.entity] = intent
    reach(Moment.INTENT_STORED)
    for remaining in reversed(range(_MOST_TRIES_OF_A_STALE_SAVE)):
        known = kept.records[key]
        try:
            saved = session.save((Actor(actor_type, key, intent.values, known.timestamp, known.parent),))
        except ConnectorError as error:
            if _did_nothing(error):
                del kept.intents[intent.entity]
            raise
        reach(Moment.SENT)
        if saved.actors:
            kept.store(saved.actors[0])
            break
        rejection = saved.rejections[0] if saved.rejections else None
        if rejection is None or not rejection.stale or not remaining:
            del kept.intents[intent.entity]
            text = rejection.text if rejection else "the record was neither saved nor rejected"
            raise RejectedRecordError(text, field=rejection.field if rejection else "")
        for actor in session.get(actor_type, [key], list(known.values)).actors:
            kept.store(actor)
    del kept.intents[intent.entity]
    return kept.records[key]


def _did_nothing(error: ConnectorError) -> bool:
    """Whether a call that raised this has certainly changed nothing in the ERP."""
    if isinstance(error, UnavailableError):
        return error.unsent
    return isinstance(error, ConfigurationError | UnknownLinkError | RejectedRecordError)
