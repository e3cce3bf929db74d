"""What a test or a save is about, read and checked in one short transaction before any connector is called."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.links import gate
from erp_links.links.connecting import Target, names_of_secrets
from erp_links.links.models import ErpLink
from erp_links.links.stored import readable_configuration, state_texts
from erp_links.links.submission import LinkSubmission
from erp_links.runtime import LinkRuntime
from host.accounts.models import User
from host.audit.doer import Doer
from host.errors import InvalidInputError, StaleVersionError
from sync_connectors import ConfigurationField, Connector
from sync_connectors.configuration import StoredConfiguration, SubmittedConfiguration, read_submission
from sync_connectors.loading import ConnectorMissingError
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.operations import declaration_of
from sync_connectors.registered.token import read_token

PREFIX = "configuration."
"""What the names of configuration fields begin with among the fields of a link."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A configuration without a fault, and where it leads.

    Attributes:
        subject: What a proof has to cover.
        moved: Whether it leads elsewhere than what is stored: tokens that a connector left behind must not follow.
        stored: What is stored now; None for a new link and for one that changes its connector.
        link_id: The link that is changed; None for a new one.
        link_version: The version of it that was read.
    """

    target: Target
    subject: gate.Subject
    fields: tuple[ConfigurationField, ...]
    submitted: SubmittedConfiguration
    moved: bool
    stored: StoredConfiguration | None = field(default=None, repr=False)
    link_id: int | None = None
    link_version: int | None = None


def read_candidate(
    session: Session, runtime: LinkRuntime, doer: Doer, submission: LinkSubmission, link: ErpLink | None
) -> Candidate:
    """Check what is submitted of the gated parts.

    Args:
        session: A reading session.
        runtime: Knows the plugins.
        doer: Who submits.
        submission: Parts that it leaves out stay as they are stored.
        link: The link that is changed, or None for a new one.

    Raises:
        InvalidInputError: Every fault of connector and configuration.
        StaleVersionError: The connector's URL is another one than the doer has seen.
    """
    connector_row, connector = connector_to_use(session, runtime, submission, link)
    fields = declaration_of(connector_row).fields
    keeps_connector = link is not None and link.connector_id == connector_row.id
    stored = readable_configuration(session, runtime.secret_box, link) if link and keeps_connector else None
    is_void = link is not None and link.tested_url_revision != connector_row.url_revision
    submitted = read_configuration(
        fields,
        stored,
        submission.configuration or {},
        secrets_void=is_void,
        tags=tags_of(session, doer),
    )
    addresses = {one.key for one in fields if one.address}
    moved = stored is None or is_void or bool(submitted.changed_keys & addresses)
    tokens = state_texts(session, runtime.secret_box, link.id) if link and not moved else ()
    guid = link.guid if link else _guid_of(session, submission.proof, doer.user_id)
    zone = submission.erp_time_zone if submission.erp_time_zone is not None else link.erp_time_zone if link else ""
    return Candidate(
        target=Target(
            connector=connector,
            guid=guid,
            configuration=submitted.typed,
            secrets=(
                *submitted.secrets.values(),
                *tokens,
                read_token(session, runtime.secret_box, connector_row.id),
            ),
            state_of=link.id if link and not moved else None,
            link_name=submission.name or (link.name if link else ""),
            time_zone=zone or runtime.settings.time_zone,
            traced_as=link.id if link else None,
            secret_names=names_of_secrets(fields),
        ),
        subject=gate.Subject(
            connector_id=connector_row.id,
            url_revision=connector_row.url_revision,
            plugin=runtime.connectors.identity_of(connector_row),
            configuration=submitted.canonical(),
            guid=guid,
            user_id=doer.user_id,
        ),
        fields=tuple(fields),
        submitted=submitted,
        moved=moved,
        stored=stored,
        link_id=link.id if link else None,
        link_version=link.version if link else None,
    )


def read_configuration(
    fields: tuple[ConfigurationField, ...],
    stored: StoredConfiguration | None,
    raw: Mapping[str, Any],
    *,
    secrets_void: bool,
    tags: Mapping[str, str],
) -> SubmittedConfiguration:
    """Read a configuration, its faults named as fields of the link.

    Raises:
        InvalidInputError: Every fault, by `configuration.<key>`.
    """
    try:
        return read_submission(fields, stored, raw, secrets_void=secrets_void, tags=tags)
    except InvalidInputError as error:
        raise InvalidInputError({f"{PREFIX}{key}": faults for key, faults in error.errors.items()}) from error


def tags_of(session: Session, doer: Doer) -> dict[str, str]:
    """Return what the tags in defaults stand for: the name and the login of the one who configures."""
    login = session.scalar(select(User.login).where(User.id == doer.user_id)) if doer.user_id is not None else None
    return {"name": doer.name, "login": login} if login else {"name": doer.name}


def connector_to_use(
    session: Session, runtime: LinkRuntime, submission: LinkSubmission, link: ErpLink | None
) -> tuple[SyncConnector, Connector]:
    """Return the registered connector that is submitted, or else the link's, and what answers behind it.

    Raises:
        InvalidInputError: There is none, or its plugin is missing.
        StaleVersionError: Its URL is another one than the doer has seen.
    """
    connector_id = submission.connector_id or (link.connector_id if link else None)
    if connector_id is None:
        raise InvalidInputError({"connector_id": [_("is missing")]})
    row = session.get(SyncConnector, connector_id)
    if row is None or row.deleted_at is not None:
        raise InvalidInputError({"connector_id": [_("is no sync connector")]})
    if submission.url_revision not in {None, row.url_revision}:
        raise StaleVersionError
    try:
        return row, runtime.connectors.behind(session, row)
    except ConnectorMissingError as error:
        raise InvalidInputError({"connector_id": [error.text]}, instruction=error.instruction) from error


def _guid_of(session: Session, proof_id: str, user_id: int | None) -> str:
    """A new link takes the GUID that its test was made under, so that the proof covers it."""
    proof = gate.usable(session, proof_id, user_id)
    return proof.guid if proof else str(uuid4())
