"""Pages on which an ERP link is created and its configuration changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from erp_links.links import testing
from erp_links.links.answers import masked_configuration, shown_fields
from erp_links.links.candidate import PREFIX, tags_of
from erp_links.links.errors import TestFailedError
from erp_links.links.finding import managed_link
from erp_links.links.form import choice_of_link, groups_of, principals_of, shown_again, submission_of
from erp_links.links.lists import items_of
from erp_links.links.models import ErpLink
from erp_links.links.results import TestResult
from erp_links.links.saving import SavedLink, change_link, create_link
from erp_links.links.standing import standing_of
from erp_links.links.states import lock_reason
from erp_links.links.submission import LinkSubmission
from erp_links.runtime import current_runtime
from host.accounts.current import administrator_required, current_doer
from host.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    StaleVersionError,
    TielineError,
    TooManyRequestsError,
)
from host.schemas.fields import LARGEST_ID
from host.throttling import count_against
from sync_connectors import ConfigurationField, ConnectorError, FieldType
from sync_connectors.configuration import defaults_of
from sync_connectors.registered.models import SyncConnector

blueprint = Blueprint("link_form", __name__, url_prefix="/settings/sync/links")

LISTS_LIMIT = "120 per minute"
"""How often one user may have lists asked; an edit of a field asks for those that depend on it."""


@dataclass
class Shown:
    """What the page shows beside the link itself: what was sent, and what became of it."""

    sent: LinkSubmission | None = None
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    result: TestResult | None = None
    trouble: TielineError | None = None
    lists: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    list_faults: Mapping[str, str] = field(default_factory=dict)


@blueprint.get("/new")
@administrator_required
def new() -> ResponseReturnValue:
    """Show an empty form, for the connector that is chosen if there is one."""
    chosen = request.args.get("connector_id", type=int)
    return _page(None, Shown(sent=LinkSubmission(connector_id=chosen)) if chosen else Shown())


@blueprint.post("/new")
@administrator_required
def create() -> ResponseReturnValue:
    """Create a link, or test what was sent, or show the fields of another connector."""
    return _submitted(None)


@blueprint.get("/<int:link_id>/configuration")
@administrator_required
def change(link_id: int) -> ResponseReturnValue:
    """Show the form of a link."""
    return _page(link_id, Shown())


@blueprint.post("/<int:link_id>/configuration")
@administrator_required
def save(link_id: int) -> ResponseReturnValue:
    """Save a link, or test what was sent, or show the fields of another connector."""
    return _submitted(link_id)


@blueprint.get("/fields")
@administrator_required
def fields() -> ResponseReturnValue:
    """The configuration part of the form for another connector, to be put in place."""
    link_id = request.args.get("link_id", type=int)
    sent = LinkSubmission(connector_id=request.args.get("connector_id", type=int))
    return render_template("links/configuration.html", **_context(link_id, Shown(sent=sent)))


@blueprint.post("/try")
@administrator_required
def try_out() -> ResponseReturnValue:
    """Test what the form holds; the answer is for the script of the form."""
    link_id = request.form.get("link_id", type=int)
    try:
        result = testing.test_configuration(current_runtime(), current_doer(), _submission(), link_id)
    except InvalidInputError as error:
        html = render_template("links/result.html", errors=error.errors)
        return jsonify(passed=False, html=html, errors=error.errors)
    except TielineError as error:
        html = render_template("links/result.html", trouble=error)
        return jsonify(passed=False, html=html, errors={}), error.status
    errors = {f"{PREFIX}{key}": [text] for key, text in result.fields.items()}
    html = render_template("links/result.html", result=result)
    return jsonify(passed=result.passed, html=html, errors=errors, proof=result.proof)


@blueprint.post("/items")
@administrator_required
def items() -> ResponseReturnValue:
    """The items of one list field for what the form holds; the answer is for the script of the form."""
    link_id, key = request.form.get("link_id", type=int), request.args.get("field", "")
    try:
        found = _items(_submission(), link_id, key)
    except ConnectorError as error:
        return jsonify(items=[], message=error.text)
    except TielineError as error:
        return jsonify(items=[], message=error.text), error.status
    return jsonify(items=list(found.items()), message="")


def _submitted(link_id: int | None) -> ResponseReturnValue:
    submission = _submission()
    match request.form.get("action", "save"):
        case "connector":
            return _page(link_id, Shown(sent=_without_configuration(submission)))
        case "lists":
            return _page(link_id, _with_lists(submission, link_id))
        case "test":
            return _tested(submission, link_id)
    return _saved(submission, link_id)


def _tested(submission: LinkSubmission, link_id: int | None) -> ResponseReturnValue:
    shown = Shown(sent=submission)
    try:
        shown.result = testing.test_configuration(current_runtime(), current_doer(), submission, link_id)
    except InvalidInputError as error:
        shown.errors = error.errors
    except (ConflictError, StaleVersionError, TooManyRequestsError) as error:
        shown.trouble = error
    else:
        shown.errors = {f"{PREFIX}{key}": [text] for key, text in shown.result.fields.items()}
    passed = shown.result is not None and shown.result.passed
    return _page(link_id, shown), 200 if passed else 422


def _saved(submission: LinkSubmission, link_id: int | None) -> ResponseReturnValue:
    runtime, doer = current_runtime(), current_doer()
    try:
        if link_id is None:
            saved = create_link(runtime, doer, submission)
        else:
            version = request.form.get("version", type=int)
            saved = change_link(runtime, doer, link_id, submission, -1 if version is None else version)
    except TestFailedError as error:
        return _page(link_id, Shown(sent=submission, errors=error.errors, result=error.result)), 422
    except InvalidInputError as error:
        return _page(link_id, Shown(sent=submission, errors=error.errors)), 422
    except (ConflictError, StaleVersionError, TooManyRequestsError) as error:
        return _page(link_id, Shown(sent=submission, trouble=error)), error.status
    _tell(saved, is_new=link_id is None)
    return redirect(url_for("links.overview", link_id=saved.link_id))


def _tell(saved: SavedLink, *, is_new: bool) -> None:
    flash(_("Saved as a draft. Map its fields, then activate it.") if is_new else _("Saved."), "ok")
    if saved.warning:
        flash(_("What the ERP offers could not be read: %(text)s", text=saved.warning), "warn")


def _page(link_id: int | None, shown: Shown) -> str:
    return render_template("links/form.html", **_context(link_id, shown))


def _context(link_id: int | None, shown: Shown) -> dict[str, Any]:
    runtime, sent = current_runtime(), shown.sent
    with runtime.database.reading() as session:
        link = managed_link(session, link_id) if link_id is not None else None
        connectors = list(
            session.scalars(
                select(SyncConnector).where(SyncConnector.deleted_at.is_(None)).order_by(SyncConnector.name)
            )
        )
        chosen_id = sent.connector_id if sent and sent.connector_id else link.connector_id if link else None
        chosen = next((row for row in connectors if row.id == chosen_id), None)
        declared = shown_fields(chosen)
        keeps_connector = link is not None and chosen is not None and link.connector_id == chosen.id
        if link is not None and keeps_connector:
            values = masked_configuration(session, runtime, link)
        else:
            values = dict(defaults_of(declared, tags_of(session, current_doer())))
        if sent is not None and sent.configuration:
            values |= shown_again(declared, sent.configuration)
        choice = sent.visibility if sent and sent.visibility else choice_of_link(link) if link else None
        standing = standing_of(session, runtime, link) if link else None
        return {
            "link": link,
            "standing": standing,
            "locked": lock_reason(link) if link else "",
            "connectors": connectors,
            "chosen": chosen,
            "groups": groups_of(declared, values, shown.lists),
            "has_asked_lists": any(_is_asked(one) for one in declared),
            "principals": principals_of(session, choice),
            "mode": choice.mode.value if choice else "",
            "values": _plain_values(link, sent),
            "default_zone": runtime.settings.time_zone,
            "passed": shown.result is not None and shown.result.passed,
            "proof": shown.result.proof if shown.result else "",
            "errors": shown.errors,
            "result": shown.result,
            "trouble": shown.trouble,
            "list_faults": shown.list_faults,
            "known_names": _known_names(declared),
        }


def _known_names(declared: Sequence[ConfigurationField]) -> list[str]:
    """Return the names of the inputs that show their own faults."""
    own = ["name", "connector_id", "visibility", "erp_time_zone", "description"]
    return own + [f"{PREFIX}{one.key}" for one in declared if one.type not in {FieldType.LABEL, FieldType.ROWS}]


def _plain_values(link: ErpLink | None, sent: LinkSubmission | None) -> dict[str, str]:
    values = {}
    for name in ("name", "description", "erp_time_zone"):
        given = getattr(sent, name) if sent else None
        values[name] = given if given is not None else getattr(link, name, "") or ""
    return values


def _submission() -> LinkSubmission:
    connector_id = request.form.get("connector_id", type=int)
    with current_runtime().database.reading() as session:
        row = session.get(SyncConnector, connector_id) if connector_id and connector_id <= LARGEST_ID else None
        declared = shown_fields(row)
    return submission_of(request.form, declared)


def _without_configuration(submission: LinkSubmission) -> LinkSubmission:
    return LinkSubmission(
        name=submission.name,
        connector_id=submission.connector_id,
        visibility=submission.visibility,
        description=submission.description,
        erp_time_zone=submission.erp_time_zone,
    )


def _with_lists(submission: LinkSubmission, link_id: int | None) -> Shown:
    """Ask all lists at once, for browsers without scripts."""
    with current_runtime().database.reading() as session:
        row = session.get(SyncConnector, submission.connector_id) if submission.connector_id else None
        declared = shown_fields(row)
    lists: dict[str, Mapping[str, str]] = {}
    faults: dict[str, str] = {}
    for one in declared:
        if not _is_asked(one):
            continue
        try:
            lists[one.key] = _items(submission, link_id, one.key)
        except ConnectorError as error:
            faults[one.key] = error.text
        except (InvalidInputError, NotFoundError) as error:
            faults[one.key] = error.text
    return Shown(sent=submission, lists=lists, list_faults=faults)


def _items(submission: LinkSubmission, link_id: int | None, key: str) -> Mapping[str, str]:
    count_against(LISTS_LIMIT, "link-lists", str(current_doer().user_id))
    return items_of(current_runtime(), submission, link_id, key)


def _is_asked(one: ConfigurationField) -> bool:
    return one.type is FieldType.LIST and bool(one.list_name) and not one.choices
