"""When links sync by themselves: for the installation, and for one link in its place."""

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import Session

from erp_links.links.finding import OBJECT_TYPE, link_to_change
from erp_links.links.models import ErpLink, SyncSettings
from erp_links.links.pausing import changed
from host.audit.doer import Doer
from host.audit.operations import changes_between, record
from host.errors import InvalidInputError, StaleVersionError
from host.settings import Settings

SHORTEST_SECONDS = 60
LONGEST_SECONDS = 366 * 24 * 3600
_ONLY_ROW = 1
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True)
class Schedule:
    """Whether links sync by themselves, and how long after the start of a sync the next one is due."""

    automatic: bool
    interval_seconds: int


def sync_settings(session: Session, settings: Settings) -> SyncSettings:
    """Return what holds for all links; before anybody has set it, automatic sync is off."""
    stored = session.get(SyncSettings, _ONLY_ROW)
    if stored is not None:
        return stored
    return SyncSettings(id=_ONLY_ROW, automatic=False, interval_seconds=settings.automatic_sync_minutes * 60, version=0)


def change_sync_settings(
    session: Session,
    settings: Settings,
    doer: Doer,
    *,
    automatic: bool | None = None,
    interval_seconds: int | None = None,
    expected_version: int | None = None,
) -> SyncSettings:
    """Change what holds for all links; None leaves a value as it is.

    Raises:
        InvalidInputError: The interval is too short or too long.
        StaleVersionError: Somebody else has changed it since.
    """
    _refuse_odd_interval(interval_seconds)
    stored = session.scalar(select(SyncSettings).where(SyncSettings.id == _ONLY_ROW).with_for_update())
    if stored is None:
        stored = sync_settings(session, settings)
        session.add(stored)
    if expected_version is not None and expected_version != stored.version:
        raise StaleVersionError
    before = _described(stored.automatic, stored.interval_seconds)
    if automatic is not None:
        stored.automatic = automatic
    if interval_seconds is not None:
        stored.interval_seconds = interval_seconds
    stored.version += 1
    changes = changes_between(before, _described(stored.automatic, stored.interval_seconds))
    record(session, doer, "sync_settings.change", "sync_settings", "", "", changes)
    return stored


def change_schedule(
    session: Session,
    doer: Doer,
    link_id: int,
    automatic: bool | None,
    interval_seconds: int | None,
    expected_version: int | None = None,
) -> ErpLink:
    """Let one link differ from the installation; None makes it follow the installation again.

    Raises:
        NotFoundError: There is no such link.
        StaleVersionError: Somebody else has changed it since.
        InvalidInputError: The interval is too short or too long.
    """
    _refuse_odd_interval(interval_seconds)
    link = link_to_change(session, link_id, expected_version)
    before = _described(link.automatic, link.interval_seconds)
    link.automatic = automatic
    link.interval_seconds = interval_seconds
    changes = changes_between(before, _described(automatic, interval_seconds))
    if changes:
        link.next_run_at = None
        changed(link)
        record(session, doer, "erp_link.schedule", OBJECT_TYPE, link.id, link.name, changes)
    return link


def schedule_of(link: ErpLink, stored: SyncSettings) -> Schedule:
    """Return what holds for a link: its own where it has one, else the installation's."""
    return Schedule(
        automatic=stored.automatic if link.automatic is None else link.automatic,
        interval_seconds=link.interval_seconds or stored.interval_seconds,
    )


def is_automatic() -> ColumnElement[bool]:
    """Return the condition on a row of `ErpLink` that its syncs start by themselves, as `schedule_of` says it."""
    of_installation = select(SyncSettings.automatic).where(SyncSettings.id == _ONLY_ROW).scalar_subquery()
    return func.coalesce(ErpLink.automatic, of_installation, false())


def interval_words(seconds: int) -> str:
    """Return an interval in the largest unit that it is a whole number of."""
    if seconds % _DAY == 0:
        return str(ngettext("every day", "every %(num)s days", seconds // _DAY))
    if seconds % _HOUR == 0:
        return str(ngettext("every hour", "every %(num)s hours", seconds // _HOUR))
    if seconds % _MINUTE == 0:
        return str(ngettext("every minute", "every %(num)s minutes", seconds // _MINUTE))
    return str(ngettext("every second", "every %(num)s seconds", seconds))


def _refuse_odd_interval(seconds: int | None) -> None:
    if seconds is not None and not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise InvalidInputError({"interval_seconds": [_("must be between one minute and one year")]})


def _described(automatic: bool | None, interval_seconds: int | None) -> dict[str, object]:
    return {"automatic sync": automatic, "interval in seconds": interval_seconds}
