"""What a link's trace must not tell, beside what a call itself brings."""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

from sqlalchemy import select

from erp_links.links.stored import state_texts
from erp_links.mapping.models import LinkActorType, LinkField
from erp_links.runtime import LinkRuntime
from erp_links.tracing.watcher import LinkSecrets, LinkWatcher
from sync_connectors import FieldType


def watcher_of(
    runtime: LinkRuntime, link_id: int, secret_values: Collection[str], secret_names: Collection[str]
) -> LinkWatcher:
    """Return who is told of the calls of a saved link; nothing is read while the link is not traced.

    Args:
        runtime: Opens its own transactions.
        link_id: The link.
        secret_values: The secrets that a call is made with.
        secret_names: The configuration fields that hold them.
    """
    secrets = LinkSecrets(frozenset(secret_values), frozenset(secret_names))
    tokens, fields = partial(_tokens, runtime, link_id), partial(_secret_fields, runtime, link_id)
    return LinkWatcher(runtime.tracer, link_id, secrets, tokens, fields)


def _tokens(runtime: LinkRuntime, link_id: int) -> tuple[str, ...]:
    with runtime.database.reading() as session:
        return state_texts(session, runtime.secret_box, link_id)


def _secret_fields(runtime: LinkRuntime, link_id: int) -> frozenset[str]:
    statement = select(LinkField.declaration).join(LinkField.actor_type).where(LinkActorType.link_id == link_id)
    with runtime.database.reading() as session:
        return frozenset(key for field in session.scalars(statement) for key in _secret_keys(field))


def _secret_keys(field: Mapping[str, Any]) -> Iterator[str]:
    if field["type"] == FieldType.PASSWORD:
        yield field["key"]
    for column in field.get("row_fields", ()):
        yield from _secret_keys(column)
