"""The one road to an ERP: tests, runs, the ERP tab and refreshes all go through here.

No transaction is open while a connector is called. What a call needs is read before, in a transaction of its own;
secrets are in clear only inside these blocks, and whatever is logged there, or raised, is without them.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from erp_links.links.errors import LinkPausedError
from erp_links.links.finding import managed_link
from erp_links.links.models import ErpLink, PauseReason
from erp_links.links.resaving import ResavingSession
from erp_links.links.standing import GATED, standing_of
from erp_links.links.stored import state_texts, stored_configuration
from erp_links.runtime import LinkRuntime
from host.logs import redact
from host.secrets import KeyLostError
from sync_connectors import Configuration, Connector, ConnectorError, Tested
from sync_connectors.configuration import typed_configuration
from sync_connectors.registered.operations import declaration_of
from sync_connectors.services import HostServices
from sync_connectors.state import DatabaseState, MemoryState
from sync_connectors.urls import resolve

_logger = logging.getLogger(__name__)
_UNREACHABLE = GATED | {PauseReason.PLUGIN_MISSING}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call leads and with what.

    Attributes:
        connector: The guarded connector that answers behind the URL.
        configuration: Typed values, secrets in clear.
        secrets: The secrets among them, to be kept out of logs and errors.
        state_of: Id of the link whose durable state the connector may use; None for a link that is not saved, or
            that would now send what lies there to another address than before.
        time_zone: IANA name of the zone in which the ERP means its times.
    """

    connector: Connector
    guid: str
    configuration: Configuration = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    state_of: int | None
    link_name: str
    time_zone: str


def trial(runtime: LinkRuntime, target: Target, seconds: float) -> Tested:
    """Try a configuration without saving it.

    Raises:
        ConnectorError: It does not work, or the ERP did not answer within `seconds`.
    """
    with redact(target.secrets):
        return target.connector.test_configuration(target.configuration, _services(runtime, target, seconds))


def configuration_items(runtime: LinkRuntime, target: Target, list_name: str, seconds: float) -> Mapping[str, str]:
    """Return the items of a list that a configuration field chooses from.

    Raises:
        ConnectorError: The connector did not answer, or not with a list.
    """
    services = _services(runtime, target, seconds)
    with redact(target.secrets):
        return target.connector.configuration_list(list_name, target.configuration, services)


@contextmanager
def open_link(runtime: LinkRuntime, link_id: int, seconds: float) -> Iterator[ResavingSession]:
    """Open a session on a saved link, in whatever state it is; whether it may run is its caller's to ask.

    A connector that has not taken note of the present configuration is told of it first. One that does not know the
    link is told of it again, and the call repeated exactly once.

    Args:
        runtime: Opens its own transaction before the first call.
        link_id: The link.
        seconds: Deadline of each call.

    Raises:
        NotFoundError: There is no such link.
        LinkPausedError: Its plugin or the key of its secrets is missing, or the URL of its connector was changed;
            nothing was sent.
        ConnectorError: As the calls of the session do.
    """
    with runtime.database.reading() as session:
        link = managed_link(session, link_id)
        target = _target_of(session, runtime, link)
        is_told = link.declared_at is not None
    services = _services(runtime, target, seconds)
    connector = target.connector

    def save_link() -> Tested:
        return connector.save_link(target.guid, target.configuration, services)

    with redact(target.secrets):
        if not is_told:
            save_link()
        with ResavingSession(
            lambda: connector.open(target.guid, target.configuration, services), save_link
        ) as session_on_link:
            yield session_on_link


def tell_deleted(session: Session, runtime: LinkRuntime, link: ErpLink) -> Callable[[], None]:
    """Return a call that lets the connector of a link clean up; it is made after the deletion and never raises."""
    try:
        target = _target_of(session, runtime, link)
    except (LinkPausedError, ConnectorError):
        return lambda: None
    # the durable state goes with the link, so the call gets one in memory
    services = HostServices(runtime.settings, ZoneInfo(target.time_zone), _seconds(runtime), link.name)

    def tell() -> None:
        try:
            with redact(target.secrets):
                target.connector.delete_link(target.guid, services)
        except ConnectorError as error:
            _logger.warning("the connector did not clean up after %s: %s", target.guid, error.text)

    return tell


def _target_of(session: Session, runtime: LinkRuntime, link: ErpLink) -> Target:
    standing = standing_of(session, runtime, link)
    if standing.paused in _UNREACHABLE:
        raise LinkPausedError(standing.paused, standing.detail)
    try:
        stored = stored_configuration(session, runtime.secret_box, link)
    except KeyLostError as error:  # lost between the two looks
        raise LinkPausedError(PauseReason.KEY_LOST, str(error)) from error
    return Target(
        connector=resolve(runtime.plugins, link.connector.url),
        guid=link.guid,
        configuration=typed_configuration(declaration_of(link.connector).fields, stored),
        secrets=(*stored.secrets.values(), *state_texts(session, runtime.secret_box, link.id)),
        state_of=link.id,
        link_name=link.name,
        time_zone=link.erp_time_zone or runtime.settings.time_zone,
    )


def _services(runtime: LinkRuntime, target: Target, seconds: float) -> HostServices:
    if target.state_of is None:
        state: DatabaseState | MemoryState = MemoryState()
    else:
        state = DatabaseState(runtime.database, runtime.secret_box, target.state_of)
    return HostServices(runtime.settings, ZoneInfo(target.time_zone), seconds, target.link_name, state)


def _seconds(runtime: LinkRuntime) -> float:
    return runtime.settings.connector_call_seconds
