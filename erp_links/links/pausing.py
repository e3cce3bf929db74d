"""Pausing links and letting them go on."""

from datetime import UTC, datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from erp_links.links.connecting import open_link
from erp_links.links.finding import OBJECT_TYPE, link_to_change, managed_link
from erp_links.links.models import ErpLink, LinkState, PauseReason
from erp_links.links.standing import standing_of
from erp_links.runtime import LinkRuntime
from host.audit.doer import Doer
from host.audit.operations import record
from host.errors import ConflictError, UpstreamError
from sync_connectors import ConnectorError

STORED = frozenset(
    {PauseReason.ADMINISTRATOR, PauseReason.AUTHENTICATION, PauseReason.BRAKE, PauseReason.RESTORED_COPY}
)
"""Reasons that somebody or a run sets; the others follow from something else and lift themselves."""


def pause(
    session: Session,
    doer: Doer,
    link_id: int,
    expected_version: int | None = None,
    reason: PauseReason = PauseReason.ADMINISTRATOR,
    detail: str = "",
) -> ErpLink:
    """Let an active link rest; a run that is under way ends at its next page.

    Args:
        session: A writing session.
        doer: An administrator, or the job that a run is.
        link_id: The link.
        expected_version: The version that the doer has seen; None for a run.
        reason: One of `STORED`.
        detail: The reason in words, never with a secret.

    Raises:
        NotFoundError: There is no such link.
        StaleVersionError: Somebody else has changed it since.
        ConflictError: It is not active, or rests already.
    """
    if reason not in STORED:
        raise ValueError(f"{reason} is computed and cannot be set")
    link = link_to_change(session, link_id, expected_version)
    if link.state != LinkState.ACTIVE:
        raise ConflictError(_("only an active ERP link can be paused"))
    if link.paused_reason is not None:
        raise ConflictError(_("the ERP link is paused already"))
    link.paused_reason = reason.value
    link.paused_detail = detail
    link.paused_at = datetime.now(UTC)
    changed(link)
    change = {"paused": {"before": None, "after": reason.value}}
    record(session, doer, "erp_link.pause", OBJECT_TYPE, link.id, link.name, change)
    return link


def resume(
    runtime: LinkRuntime, doer: Doer, link_id: int, expected_version: int | None = None, *, lift_brake: bool = False
) -> None:
    """End a pause that somebody or a run has set.

    After refused credentials a test of the stored ones must pass first, so that a link does not lock its account. With
    `lift_brake` the doer has looked at what the brake stopped: it stays off until a run has ended well.

    Raises:
        NotFoundError: There is no such link.
        StaleVersionError: Somebody else has changed it since.
        ConflictError: It is not paused, or for a reason that ends in another way, which the message names; or there
            is no brake to lift.
        UpstreamError: The credentials are refused still, or the ERP does not answer.
    """
    with runtime.database.reading() as session:
        link = managed_link(session, link_id)
        standing = standing_of(session, runtime, link)
        version = link.version if expected_version is None else expected_version
    if standing.paused is None:
        raise ConflictError(_("the ERP link is not paused"))
    if standing.paused not in STORED:
        raise ConflictError(standing.detail)
    if lift_brake and standing.paused is not PauseReason.BRAKE:
        raise ConflictError(_("the brake did not stop this ERP link"))
    if standing.paused is PauseReason.AUTHENTICATION:
        _require_passing_test(runtime, link_id)
    with runtime.database.writing() as session:
        link = link_to_change(session, link_id, version)
        change: dict[str, dict[str, object]] = {"paused": {"before": link.paused_reason, "after": None}}
        if lift_brake:
            link.brake_lifted = True
            change["brake lifted"] = {"before": False, "after": True}
        lift(link)
        changed(link)
        record(session, doer, "erp_link.resume", OBJECT_TYPE, link.id, link.name, change)


def _require_passing_test(runtime: LinkRuntime, link_id: int) -> None:
    try:
        with open_link(runtime, link_id, runtime.settings.connector_test_seconds) as session:
            session.test()
    except ConnectorError as error:
        raise UpstreamError(error.text, error.instruction) from error


def lift(link: ErpLink) -> None:
    """Forget a stored pause."""
    link.paused_reason, link.paused_detail, link.paused_at = None, "", None


def changed(link: ErpLink) -> None:
    """Note that an administrator's view of the link is out of date."""
    link.version += 1
    link.updated_at = datetime.now(UTC)


def reason_name(reason: PauseReason) -> str:
    """Return the words for a reason."""
    words: dict[PauseReason, str] = {
        PauseReason.ADMINISTRATOR: _("by an administrator"),
        PauseReason.AUTHENTICATION: _("the ERP refused the credentials"),
        PauseReason.BRAKE: _("a run would have changed too much"),
        PauseReason.URL_CHANGED: _("the URL of the sync connector was changed"),
        PauseReason.PLUGIN_MISSING: _("the connector plugin is missing"),
        PauseReason.RESTORED_COPY: _("restored from a backup"),
        PauseReason.KEY_LOST: _("secrets have to be typed again"),
    }
    return words[reason]
