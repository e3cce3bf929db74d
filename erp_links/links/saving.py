"""Creating links and changing them, through the gate where it applies.

No transaction is open while a connector is called: what is submitted is checked in one, the test runs outside of
any, the save is a second one, and what the ERP declares is read afterwards and stored in a third.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from erp_links.links import gate
from erp_links.links.access_words import visibilities_in_words
from erp_links.links.candidate import PREFIX, Candidate, read_candidate
from erp_links.links.declaring import declare
from erp_links.links.errors import TestFailedError
from erp_links.links.finding import OBJECT_TYPE, link_to_change, managed_link, require_version, state_owner
from erp_links.links.models import ErpLink, LinkState, PauseReason, Visibility
from erp_links.links.pausing import lift
from erp_links.links.standing import GATED, standing_of
from erp_links.links.states import lock_reason
from erp_links.links.stored import write_configuration
from erp_links.links.submission import (
    LinkSubmission,
    VisibilityChoice,
    access_of,
    name_taken,
    submission_faults,
)
from erp_links.links.testing import test_candidate
from erp_links.runtime import LinkRuntime
from host.audit.doer import Doer
from host.audit.operations import changes_between, record
from host.errors import ConflictError, InvalidInputError
from host.secrets import SecretStore
from sync_connectors.configuration import configuration_changes
from sync_connectors.registered.models import SyncConnector


@dataclass(frozen=True, slots=True)
class SavedLink:
    """A link that was saved.

    Attributes:
        warning: What went wrong afterwards, while the connector was told and asked what it declares; or empty.
    """

    link_id: int
    version: int
    warning: str = ""


def create_link(runtime: LinkRuntime, doer: Doer, submission: LinkSubmission) -> SavedLink:
    """Create a link as a draft, once its test has passed.

    Args:
        runtime: Opens its own transactions.
        doer: Who saves.
        submission: Name, connector and visibility are required; without a valid proof the test runs here.

    Raises:
        InvalidInputError: Every fault of every field; nothing was sent or saved.
        TestFailedError: The test did not pass; nothing was saved.
        TooManyRequestsError: The doer tests too often.
        ConflictError: The proof was used, or what it covers has changed meanwhile.
    """
    candidate = _checked(runtime, doer, submission, None)
    proof_id = _proof(runtime, doer, candidate, submission.proof)
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        _refuse_faults(submission_faults(session, submission, None))
        _pass_gate(session, runtime, candidate, proof_id)
        choice = submission.visibility or VisibilityChoice(Visibility.SELECTED)
        link = ErpLink(
            guid=candidate.target.guid,
            name=submission.name or "",
            description=submission.description or "",
            connector_id=candidate.subject.connector_id,
            state=LinkState.DRAFT.value,
            visibility=choice.mode.value,
            access=access_of(choice),
            configuration={},
            erp_time_zone=submission.erp_time_zone or "",
            created_at=now,
            updated_at=now,
        )
        session.add(link)
        _flush(session)
        _take_over(session, runtime, link, candidate, now)
        changes = changes_between({}, _described(session, link))
        changes |= _configuration_changes(candidate)
        record(session, doer, "erp_link.create", OBJECT_TYPE, link.id, link.name, changes)
        link_id = link.id
    return _declared(runtime, link_id)


def change_link(
    runtime: LinkRuntime, doer: Doer, link_id: int, submission: LinkSubmission, expected_version: int | None
) -> SavedLink:
    """Change a link; only a change of its connector or configuration has to pass the gate.

    Args:
        runtime: Opens its own transactions.
        doer: Who saves.
        link_id: The link.
        submission: Parts left out stay as they are.
        expected_version: The version that the doer has seen.

    Raises:
        NotFoundError: There is no such link.
        StaleVersionError: Somebody else has changed it since.
        ConflictError: The configuration is locked while the link is active, or the proof was used meanwhile.
        InvalidInputError: Every fault of every field; nothing was sent or saved.
        TestFailedError: The test did not pass; nothing was saved.
        TooManyRequestsError: The doer tests too often.
    """
    candidate = _gated_change(runtime, doer, submission, link_id, expected_version)
    proof_id = _proof(runtime, doer, candidate, submission.proof) if candidate else ""
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        link = link_to_change(session, link_id, candidate.link_version if candidate else expected_version)
        _refuse_faults(submission_faults(session, submission, link))
        before = _described(session, link)
        _take_over_ungated(session, link, submission)
        changes: dict[str, Any] = {}
        if candidate is not None:
            _pass_gate(session, runtime, candidate, proof_id)
            _take_over(session, runtime, link, candidate, now)
            changes = _configuration_changes(candidate)
        _flush(session)
        changes = changes_between(before, _described(session, link)) | changes
        if changes or candidate is not None:
            link.version += 1
            link.updated_at = now
            record(session, doer, "erp_link.change", OBJECT_TYPE, link.id, link.name, changes)
        saved = SavedLink(link.id, link.version)
    return _declared(runtime, link_id) if candidate is not None else saved


def _gated_change(
    runtime: LinkRuntime, doer: Doer, submission: LinkSubmission, link_id: int, expected_version: int | None
) -> Candidate | None:
    """Return what has to pass the gate, or None if nothing of it changes."""
    with runtime.database.reading() as session:
        link = managed_link(session, link_id)
        require_version(session, link, expected_version)
        faults = submission_faults(session, submission, link)
        if not submission.touches_gate:
            _refuse_faults(faults)
            return None
        candidate = _candidate(session, runtime, doer, submission, link, faults)
        gated = standing_of(session, runtime, link).paused in GATED
        moved = candidate.subject.connector_id != link.connector_id
        if not (gated or moved or candidate.submitted.changed_keys):
            return None
        _refuse_locked(session, runtime, link, candidate, moved=moved)
        return candidate


def _refuse_locked(session: Session, runtime: LinkRuntime, link: ErpLink, candidate: Candidate, *, moved: bool) -> None:
    """While a link is active its secrets alone may be renewed, and only while it is paused."""
    reason = lock_reason(link)
    if not reason:
        return
    secret = {field.key for field in candidate.fields if field.is_secret}
    only_secrets = not moved and candidate.submitted.changed_keys <= secret
    if not only_secrets or standing_of(session, runtime, link).paused is None:
        raise ConflictError(_("the configuration is locked: %(reason)s", reason=reason))


def _checked(runtime: LinkRuntime, doer: Doer, submission: LinkSubmission, link: ErpLink | None) -> Candidate:
    with runtime.database.reading() as session:
        return _candidate(session, runtime, doer, submission, link, submission_faults(session, submission, link))


def _candidate(
    session: Session,
    runtime: LinkRuntime,
    doer: Doer,
    submission: LinkSubmission,
    link: ErpLink | None,
    faults: Mapping[str, list[str]],
) -> Candidate:
    try:
        candidate = read_candidate(session, runtime, doer, submission, link)
    except InvalidInputError as error:
        raise InvalidInputError({**faults, **error.errors}) from error
    _refuse_faults(faults)
    return candidate


def _refuse_faults(faults: Mapping[str, list[str]]) -> None:
    if faults:
        raise InvalidInputError(faults)


def _proof(runtime: LinkRuntime, doer: Doer, candidate: Candidate, proof_id: str) -> str:
    """Return a proof for these very values: the one given if it suits, else that of a test run now."""
    digest = candidate.subject.digest(runtime.secret_box)
    with runtime.database.reading() as session:
        proof = gate.usable(session, proof_id, doer.user_id)
        if proof is not None and proof.digest == digest:
            return proof.id
    result = test_candidate(runtime, doer, candidate)
    if not result.passed:
        raise TestFailedError(result)
    return result.proof


def _pass_gate(session: Session, runtime: LinkRuntime, candidate: Candidate, proof_id: str) -> None:
    """Use the proof up, unless the connector has become another one while the test ran."""
    subject = candidate.subject
    connector = session.scalar(select(SyncConnector).where(SyncConnector.id == subject.connector_id).with_for_update())
    is_same = connector is not None and connector.deleted_at is None and connector.url_revision == subject.url_revision
    if not is_same or not gate.consume(session, proof_id, subject.digest(runtime.secret_box)):
        raise ConflictError(
            _("the test no longer counts: it was used by another save, or the sync connector was changed meanwhile"),
            _("test again"),
        )


def _take_over(session: Session, runtime: LinkRuntime, link: ErpLink, candidate: Candidate, now: datetime) -> None:
    subject = candidate.subject
    if candidate.moved:
        # tokens that a connector left behind are secrets, too
        SecretStore(session, runtime.secret_box).remove(state_owner(link.id))
    link.connector_id = subject.connector_id
    write_configuration(session, runtime.secret_box, link, candidate.submitted.stored)
    link.tested_at = now
    link.tested_plugin = subject.plugin
    link.tested_url_revision = subject.url_revision
    link.declared_at = None
    if link.paused_reason == PauseReason.AUTHENTICATION:
        lift(link)  # its credentials have just been accepted


def _take_over_ungated(session: Session, link: ErpLink, submission: LinkSubmission) -> None:
    if submission.name is not None:
        link.name = submission.name
    if submission.description is not None:
        link.description = submission.description
    if submission.erp_time_zone is not None and submission.erp_time_zone != link.erp_time_zone:
        if lock_reason(link):
            raise ConflictError(_("the time zone is locked: %(reason)s", reason=lock_reason(link)))
        link.erp_time_zone = submission.erp_time_zone
    if submission.visibility is not None:
        link.visibility = submission.visibility.mode.value
        link.access.clear()
        session.flush()  # the old rows go before the new ones come, or a row that stays would be there twice
        link.access.extend(access_of(submission.visibility))


def _flush(session: Session) -> None:
    """Write now, so that the name of two administrators at once is a fault of the later and not of the database."""
    try:
        session.flush()
    except IntegrityError as error:
        raise InvalidInputError({"name": [name_taken()]}) from error


def _described(session: Session, link: ErpLink) -> dict[str, Any]:
    return {
        "name": link.name,
        "description": link.description,
        "connector": link.connector_id,
        "visible to": visibilities_in_words(session, [link])[link.id],
        "ERP time zone": link.erp_time_zone,
    }


def _configuration_changes(candidate: Candidate) -> dict[str, Any]:
    changes = configuration_changes(candidate.fields, candidate.stored, candidate.submitted.stored)
    return {f"{PREFIX}{key}": change for key, change in changes.items()}


def _declared(runtime: LinkRuntime, link_id: int) -> SavedLink:
    warning = declare(runtime, link_id)
    with runtime.database.reading() as session:
        return SavedLink(link_id, managed_link(session, link_id).version, warning)
