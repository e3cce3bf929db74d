"""The one road to an ERP: tests, runs, the ERP tab and refreshes all go through here.

No transaction is open while a connector is called. What a call needs is read before, in a transaction of its own;
secrets are in clear only inside these blocks, and whatever is logged there, or raised, is without them.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from erp_links.links.errors import LinkPausedError
from erp_links.links.finding import managed_link
from erp_links.links.models import ErpLink, PauseReason
from erp_links.links.resaving import ResavingSession
from erp_links.links.standing import GATED, standing_of
from erp_links.links.stored import state_texts, stored_configuration
from erp_links.links.watching import watcher_of
from erp_links.runtime import LinkRuntime
from host.logs import redact
from host.secrets import KeyLostError
from sync_connectors import Configuration, ConfigurationField, Connector, ConnectorError, Tested
from sync_connectors.configuration import typed_configuration
from sync_connectors.registered.operations import declaration_of
from sync_connectors.registered.token import read_token
from sync_connectors.services import HostServices
from sync_connectors.state import DatabaseState, MemoryState

_logger = logging.getLogger(__name__)
_UNREACHABLE = GATED | {PauseReason.PLUGIN_MISSING}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call leads and with what.

    Attributes:
        connector: The guarded connector that answers behind the URL.
        configuration: Typed values, secrets in clear.
        secrets: The secrets among them, tokens that the connector keeps and its own access token, to be kept out of
            logs and errors.
        state_of: Id of the link whose durable state the connector may use; None for a link that is not saved, or
            that would now send what lies there to another address than before.
        traced_as: Id of the saved link whose trace has the calls; None for one that is not saved.
        secret_names: Configuration fields whose values are secret.
        time_zone: IANA name of the zone in which the ERP means its times.
    """

    connector: Connector
    guid: str
    configuration: Configuration = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    state_of: int | None
    link_name: str
    time_zone: str
    traced_as: int | None
    secret_names: frozenset[str]


def names_of_secrets(fields: Iterable[ConfigurationField]) -> frozenset[str]:
    """Return the configuration fields whose values are secret, as a target names them."""
    return frozenset(one.key for one in fields if one.is_secret)


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
    link is told of it again, and the call repeated exactly once; but nothing is told once its URL is another one, not
    even at the former address.

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
        url_revision = link.connector.url_revision
    services = _services(runtime, target, seconds)
    connector = target.connector

    def save_link() -> Tested:
        return connector.save_link(target.guid, target.configuration, services)

    def save_link_again() -> Tested:
        _require_same_url(runtime, link_id, url_revision)
        return save_link()

    with redact(target.secrets):
        if not is_told:
            save_link()
        with ResavingSession(
            lambda: connector.open(target.guid, target.configuration, services), save_link_again
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
    fields = declaration_of(link.connector).fields
    return Target(
        connector=runtime.connectors.behind(session, link.connector),
        guid=link.guid,
        configuration=typed_configuration(fields, stored),
        secrets=(
            *stored.secrets.values(),
            *state_texts(session, runtime.secret_box, link.id),
            read_token(session, runtime.secret_box, link.connector_id),
        ),
        state_of=link.id,
        link_name=link.name,
        time_zone=link.erp_time_zone or runtime.settings.time_zone,
        traced_as=link.id,
        secret_names=names_of_secrets(fields),
    )


def _require_same_url(runtime: LinkRuntime, link_id: int, url_revision: int) -> None:
    """Do nothing while a link's connector has the URL that the present session was opened at.

    Raises:
        LinkPausedError: It has another one; whoever changed it does not want secrets to be sent to the former one.
    """
    with runtime.database.reading() as session:
        link = managed_link(session, link_id)
        if link.connector.url_revision != url_revision:
            raise LinkPausedError(PauseReason.URL_CHANGED, _("the URL of the sync connector was changed meanwhile"))


def _services(runtime: LinkRuntime, target: Target, seconds: float) -> HostServices:
    if target.state_of is None:
        state: DatabaseState | MemoryState = MemoryState()
    else:
        state = DatabaseState(runtime.database, runtime.secret_box, target.state_of)
    watcher = None
    if target.traced_as is not None:
        watcher = watcher_of(runtime, target.traced_as, target.secrets, target.secret_names)
    return HostServices(runtime.settings, ZoneInfo(target.time_zone), seconds, target.link_name, state, watcher)


def _seconds(runtime: LinkRuntime) -> float:
    return runtime.settings.connector_call_seconds
