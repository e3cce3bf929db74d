"""What an administrator submits to create or change a link."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink, LinkAccess, LinkState, Visibility
from host.accounts.models import Group, User
from host.schemas.texts import fault_of_text

LONGEST_NAME = 254
LONGEST_DESCRIPTION = 4000


@dataclass(frozen=True, slots=True)
class AccessGrant:
    """One selected user or group; exactly one of the ids is given."""

    user_id: int | None = None
    group_id: int | None = None
    may_connect: bool = False
    may_create: bool = False


@dataclass(frozen=True, slots=True)
class VisibilityChoice:
    """Who is to see a link; grants count for a selection only."""

    mode: Visibility
    grants: tuple[AccessGrant, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkSubmission:
    """A link as it is submitted; None leaves a present value as it is.

    Attributes:
        configuration: Values by configuration field key, as text or JSON values; never in a repr.
        erp_time_zone: IANA name of the zone in which the ERP means its times; empty for the installation's.
        proof: Id of the proof of a test, or empty to have the save run the test.
        url_revision: The revision of the connector's URL that the doer has seen, where that is known.
    """

    name: str | None = None
    connector_id: int | None = None
    configuration: Mapping[str, Any] | None = field(default=None, repr=False)
    visibility: VisibilityChoice | None = None
    description: str | None = None
    erp_time_zone: str | None = None
    proof: str = ""
    url_revision: int | None = None

    @property
    def touches_gate(self) -> bool:
        """Whether anything that the gate guards is submitted."""
        return self.connector_id is not None or self.configuration is not None


def submission_faults(session: Session, submission: LinkSubmission, link: ErpLink | None) -> dict[str, list[str]]:
    """Return what is wrong with everything but the configuration, in words by field.

    Args:
        session: Any session.
        submission: What is to be saved.
        link: The link that is changed, or None for a new one, which needs name and visibility.
    """
    faults: dict[str, list[str]] = {}
    if submission.name is not None or link is None:
        _check(faults, "name", _name_fault(session, submission.name or "", link))
    if submission.visibility is not None or link is None:
        _check(faults, "visibility", _visibility_fault(session, submission.visibility))
    _check(faults, "description", _text_fault(submission.description or "", LONGEST_DESCRIPTION))
    if submission.erp_time_zone:
        _check(faults, "erp_time_zone", _zone_fault(submission.erp_time_zone))
    return faults


def access_of(choice: VisibilityChoice) -> list[LinkAccess]:
    """Return the rows of a choice."""
    if choice.mode is Visibility.ALL:
        return []
    return [
        LinkAccess(
            user_id=grant.user_id,
            group_id=grant.group_id,
            may_connect=grant.may_connect,
            may_create=grant.may_create,
        )
        for grant in choice.grants
    ]


def name_taken() -> str:
    """Return the fault of a name that another link has."""
    return str(_("is the name of another ERP link"))


def _check(faults: dict[str, list[str]], key: str, fault: str) -> None:
    if fault:
        faults.setdefault(key, []).append(fault)


def _text_fault(text: str, longest: int) -> str:
    if len(text) > longest:
        return str(_("has more than %(most)s characters", most=longest))
    return fault_of_text(text)


def _zone_fault(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return str(_("is no time zone such as Europe/Copenhagen"))
    return ""


def _name_fault(session: Session, name: str, link: ErpLink | None) -> str:
    if not name.strip():
        return str(_("is missing"))
    fault = _text_fault(name, LONGEST_NAME)
    if fault:
        return fault
    statement = select(ErpLink.id).where(
        func.lower(ErpLink.name) == name.lower(), ErpLink.state != LinkState.DELETED.value
    )
    if link is not None:
        statement = statement.where(ErpLink.id != link.id)
    if session.scalar(statement.limit(1)) is not None:
        return name_taken()
    return ""


def _visibility_fault(session: Session, choice: VisibilityChoice | None) -> str:
    if choice is None:
        return str(_("is missing"))
    if choice.mode is Visibility.ALL:
        return ""
    users = [grant.user_id for grant in choice.grants if grant.user_id is not None]
    groups = [grant.group_id for grant in choice.grants if grant.group_id is not None]
    if not users and not groups:
        return str(_("select at least one user or group"))
    if len(set(users)) < len(users) or len(set(groups)) < len(groups):
        return str(_("names somebody twice"))
    known_users = session.scalar(select(func.count()).select_from(User).where(User.id.in_(users)))
    known_groups = session.scalar(select(func.count()).select_from(Group).where(Group.id.in_(groups)))
    if known_users != len(users) or known_groups != len(groups):
        return str(_("names a user or group that does not exist"))
    return ""
