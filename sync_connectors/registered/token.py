"""The access token that the server of a sync connector wants: write-only, and never for another URL than its own."""

from sqlalchemy.orm import Session

from host.secrets import KeyLostError, SecretBox, SecretStore

_NAME = "token"


def token_owner(connector_id: int) -> str:
    """Return under which owner the secrets table holds the token of a connector."""
    return f"sync_connector:{connector_id}"


def read_token(session: Session, box: SecretBox, connector_id: int) -> str:
    """Return the token; empty where there is none, or where its key is lost and it has to be typed again."""
    try:
        found = SecretStore(session, box).get(token_owner(connector_id), _NAME)
    except KeyLostError:
        return ""
    return found.text if found else ""


def write_token(session: Session, box: SecretBox, connector_id: int, token: str) -> None:
    """Store another token; an empty one forgets it."""
    store = SecretStore(session, box)
    if token:
        store.write(token_owner(connector_id), {_NAME: token})
    else:
        store.remove(token_owner(connector_id))
