"""What is stored of a link's configuration, secrets included."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from erp_links.links.finding import secret_owner, state_owner
from erp_links.links.models import ErpLink
from host.database import load_json
from host.secrets import KeyLostError, SecretBox, SecretStore
from sync_connectors.configuration import StoredConfiguration

_SHORTEST_TOKEN = 8
"""Shorter texts within a text are kinds, counts and names, which stand in everything."""


def stored_configuration(session: Session, box: SecretBox, link: ErpLink) -> StoredConfiguration:
    """Return the configuration of a link with its secrets in clear.

    Raises:
        KeyLostError: Some of the secrets cannot be decrypted.
    """
    return StoredConfiguration(dict(link.configuration), SecretStore(session, box).read(secret_owner(link.id)))


def readable_configuration(session: Session, box: SecretBox, link: ErpLink) -> StoredConfiguration:
    """Return the same without the secrets whose key is lost, so that they have to be typed again."""
    store, owner = SecretStore(session, box), secret_owner(link.id)
    try:
        return stored_configuration(session, box, link)
    except KeyLostError as error:
        kept = {name: store.get(owner, name) for name in store.names(owner) - error.names}
        return StoredConfiguration(
            dict(link.configuration), {name: secret.text for name, secret in kept.items() if secret is not None}
        )


def state_texts(session: Session, box: SecretBox, link_id: int) -> tuple[str, ...]:
    """Return what connectors keep in the durable state of a link, tokens mostly, to be kept out of logs and errors.

    Where a text is JSON, as where several tokens are kept as one, the longer texts in it count as well.
    """
    store, owner = SecretStore(session, box), state_owner(link_id)
    try:
        kept = tuple(store.read(owner).values())
    except KeyLostError:  # a connector cannot read it either
        return ()
    return (*kept, *(part for text in kept for part in _texts_within(text)))


def _texts_within(text: str) -> Iterator[str]:
    if not text.startswith(("{", "[")):
        return
    try:
        waiting = [load_json(text)]
    except ValueError:
        return
    while waiting:
        part = waiting.pop()
        if isinstance(part, str) and len(part) >= _SHORTEST_TOKEN:
            yield part
        elif isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def write_configuration(session: Session, box: SecretBox, link: ErpLink, configuration: StoredConfiguration) -> None:
    """Store a configuration in place of the former one, secrets encrypted, in the caller's transaction."""
    store, owner = SecretStore(session, box), secret_owner(link.id)
    link.configuration = dict(configuration.plain)
    store.remove(owner)
    store.write(owner, configuration.secrets)
