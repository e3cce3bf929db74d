"""The brake: how much one run may change of what is paired before it stops and a person looks."""

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from erp_links.links.finding import OBJECT_TYPE, link_to_change
from erp_links.links.models import ErpLink
from erp_links.links.pausing import changed
from host.audit.doer import Doer
from host.audit.operations import changes_between, record
from host.errors import InvalidInputError

LARGEST_PERCENT = 100
LARGEST_LEAST = 1_000_000


def change_brake(
    session: Session,
    doer: Doer,
    link_id: int,
    brake_percent: int,
    brake_least: int,
    expected_version: int | None = None,
) -> ErpLink:
    """Set the brake of a link.

    Args:
        session: A writing session.
        doer: An administrator.
        link_id: The link.
        brake_percent: A run stops before it changes more than this share of the paired records; 100 never stops one.
        brake_least: So many changed records never stop a run, whatever share they are.
        expected_version: The version that the doer has seen.

    Raises:
        NotFoundError: There is no such link.
        StaleVersionError: Somebody else has changed it since.
        InvalidInputError: A figure is out of its range.
    """
    _refuse_odd(brake_percent, brake_least)
    link = link_to_change(session, link_id, expected_version)
    before = _described(link.brake_percent, link.brake_least)
    link.brake_percent, link.brake_least = brake_percent, brake_least
    changes = changes_between(before, _described(brake_percent, brake_least))
    if changes:
        changed(link)
        record(session, doer, "erp_link.brake", OBJECT_TYPE, link.id, link.name, changes)
    return link


def _refuse_odd(percent: int, least: int) -> None:
    errors = {}
    if not 1 <= percent <= LARGEST_PERCENT:
        errors["brake_percent"] = [_("must be between 1 and 100")]
    if not 0 <= least <= LARGEST_LEAST:
        errors["brake_least"] = [_("must be between 0 and %(most)s", most=LARGEST_LEAST)]
    if errors:
        raise InvalidInputError(errors)


def _described(percent: int, least: int) -> dict[str, object]:
    return {"brake in percent": percent, "brake, least records": least}
