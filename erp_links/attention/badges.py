"""The counts beside the entries of the navigation, counted once for a page."""

from flask import g

from erp_links.attention.waiting import NOTHING, Waiting, waiting_for
from host.accounts.current import current_principal, signed_in_user
from host.database import current_database

_KEPT = "tieline_waiting"


def open_failures() -> int:
    """Return how many failed records are open."""
    return _waiting().failed


def ambiguous_matches() -> int:
    """Return how many records suit several others."""
    return _waiting().ambiguous


def waiting_conflicts() -> int:
    """Return how many conflicts wait for a person."""
    return _waiting().conflicts


def unclear_creates() -> int:
    """Return of how many creates only a person can tell what became of them."""
    return _waiting().unclear


def _waiting() -> Waiting:
    if signed_in_user() is None:
        return NOTHING
    if _KEPT not in g:
        with current_database().reading() as session:
            setattr(g, _KEPT, waiting_for(session, current_principal()))
    counted: Waiting = getattr(g, _KEPT)
    return counted
