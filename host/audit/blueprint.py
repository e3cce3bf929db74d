"""The page of the audit log."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone
from flask_babel import lazy_gettext as _
from marshmallow import fields

from host.accounts.current import administrator_required
from host.accounts.operations import list_users
from host.api import register_api
from host.audit import api
from host.audit.schemas import AuditSearch
from host.audit.search import actions, search
from host.database import current_database
from host.errors import InvalidInputError
from host.paging import Page
from host.schemas import load_form
from host.settings import Settings
from host.web.navigation import NavigationItem, Section, for_administrators, register_item

blueprint = Blueprint("audit", __name__)


class AuditPageSearch(AuditSearch):
    """The search of the page, which knows days where the API knows moments."""

    class Meta:
        """Options of marshmallow."""

        exclude = ("since", "until")

    from_day = fields.Date(load_default=None, allow_none=True)
    to_day = fields.Date(load_default=None, allow_none=True)


def init_app(app: Flask, _settings: Settings) -> None:
    """Set up the audit log's page and API."""
    app.register_blueprint(blueprint)
    app.add_template_filter(_in_one_line, "audit_value")
    register_api(app, api.blueprint)
    register_item(
        app,
        NavigationItem(
            Section.SETTINGS,
            _("Audit log"),
            "audit.page",
            "journal-text",
            90,
            "/settings/audit",
            visible=for_administrators,
        ),
    )


@blueprint.get("/settings/audit")
@administrator_required
def page() -> ResponseReturnValue:
    """Show the entries that a search finds, newest first."""
    errors: dict[str, list[str]] = {}
    with current_database().reading() as session:
        try:
            found = search(session, **_wanted())
        except InvalidInputError as error:
            found, errors = Page((), None), error.errors
        shown = render_template(
            "audit/page.html",
            found=found,
            errors=errors,
            wanted=request.args,
            user_options=[(user.id, user.name) for user in list_users(session)],
            action_options=[(action, action) for action in actions(session)],
        )
    return shown, 422 if errors else 200


def _wanted() -> dict[str, Any]:
    values = load_form(AuditPageSearch, request.args)
    first, last = values.pop("from_day"), values.pop("to_day")
    day_after = last + timedelta(days=1) if last is not None and last < date.max else None
    return {**values, "since": _begin_of(first), "until": _begin_of(day_after)}


def _begin_of(day: date | None) -> datetime | None:
    # a year at either end of the calendar has no moment in some zone
    if day is None or not 1900 <= day.year <= 9000:
        return None
    return datetime.combine(day, time.min, get_timezone())


def _in_one_line(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)
