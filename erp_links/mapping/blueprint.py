"""Pages of the mapping of a link, of the order of its fields, and of the sync priority."""

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from erp_links.links.finding import managed_link
from erp_links.links.models import ErpLink
from erp_links.mapping import api
from erp_links.mapping.crm_fields import crm_fields_reader
from erp_links.mapping.form import SubmittedMapping, read_form
from erp_links.mapping.lists.api import list_mappings
from erp_links.mapping.lists.blueprint import blueprint as list_pages
from erp_links.mapping.moving import moved
from erp_links.mapping.operations import lock_words, save_mapping
from erp_links.mapping.page import sections_of
from erp_links.mapping.priority import priority_version, save_priority, sync_priority
from erp_links.mapping.reading import LinkMapping, mapping_of
from erp_links.mapping.reasons import mapping_reasons
from erp_links.mapping.schemas import MappingInput, PriorityInput
from erp_links.mapping.submission import lay_over
from host.accounts.current import administrator_required, current_doer
from host.api import register_api
from host.database import current_database
from host.errors import ConflictError, InvalidInputError, StaleVersionError, TielineError
from host.schemas import load
from host.settings import Settings

blueprint = Blueprint("mapping", __name__, url_prefix="/settings/sync")


def init_app(app: Flask, _settings: Settings) -> None:
    """Add pages and API of mapping and sync priority."""
    app.register_blueprint(blueprint)
    app.register_blueprint(list_pages)
    register_api(app, api.mappings)
    register_api(app, list_mappings)
    register_api(app, api.priority)


@blueprint.get("/links/<int:link_id>/mapping")
@administrator_required
def show(link_id: int) -> ResponseReturnValue:
    """Show the mapping of a link."""
    with current_database().reading() as session:
        return _page(session, managed_link(session, link_id))


@blueprint.post("/links/<int:link_id>/mapping")
@administrator_required
def save(link_id: int) -> ResponseReturnValue:
    """Store what the form says, or show it again with everything that is wrong with it."""
    with current_database().reading() as session:
        submitted = read_form(mapping_of(session, managed_link(session, link_id)), request.form)
    try:
        values = load(MappingInput, submitted.values)
        with current_database().writing() as session:
            saved = save_mapping(session, current_doer(), managed_link(session, link_id), values, _version())
    except (InvalidInputError, StaleVersionError, ConflictError) as error:
        with current_database().reading() as session:
            return _page(session, managed_link(session, link_id), submitted, error), error.status
    flash(_("Mapping saved"), "ok")
    left = _proposals_left(saved, request.form.get("accept", ""))
    if left:
        text = ngettext(
            "%(num)d proposal cannot go that way; its locked arrow says why",
            "%(num)d proposals cannot go that way; their locked arrows say why",
            left,
        )
        flash(text, "warn")
    return redirect(url_for("mapping.show", link_id=link_id, type=request.form.get("type")))


@blueprint.route("/links/<int:link_id>/mapping/order/<int:type_id>", methods=["GET", "POST"])
@administrator_required
def order(link_id: int, type_id: int) -> ResponseReturnValue:
    """Show the order of an actor type's fields on the ERP tab, or store another."""
    error: TielineError | None = None
    if request.method == "POST":
        try:
            _save_order(link_id, type_id)
            return redirect(url_for("mapping.order", link_id=link_id, type_id=type_id))
        except (InvalidInputError, StaleVersionError, ConflictError) as caught:
            error = caught
    with current_database().reading() as session:
        link = managed_link(session, link_id)
        mapping = mapping_of(session, link)
        page = render_template(
            "mapping/order.html",
            link=link,
            mapped=mapping.with_id(type_id),
            version=mapping.version,
            locked=lock_words(link),
            error=error,
        )
    return page, error.status if error else 200


@blueprint.get("/priority")
@administrator_required
def show_priority() -> ResponseReturnValue:
    """Show the sync priority."""
    with current_database().reading() as session:
        return _priority_page(session)


@blueprint.post("/priority")
@administrator_required
def change_priority() -> ResponseReturnValue:
    """Store another sync priority."""
    try:
        order = moved(request.form.getlist("order"), request.form.get("move", ""))
        values = load(PriorityInput, {"order": [int(each) if each.isdecimal() else each for each in order]})
        with current_database().writing() as session:
            save_priority(session, current_doer(), values["order"], _version())
    except (InvalidInputError, StaleVersionError) as error:
        with current_database().reading() as session:
            return _priority_page(session, error), error.status
    flash(_("Sync priority saved"), "ok")
    return redirect(url_for("mapping.show_priority"))


def _page(
    session: Session, link: ErpLink, submitted: SubmittedMapping | None = None, error: TielineError | None = None
) -> str:
    mapping = mapping_of(session, link)
    faults: dict[str, list[str]] = {}
    if submitted is not None:
        # nothing of it is stored; the page shows what was chosen, beside what is wrong with it
        mapping = _as_submitted(session, mapping, submitted)
    if submitted is not None and isinstance(error, InvalidInputError):
        faults = submitted.by_row(error.errors)
    return render_template(
        "mapping/mapping.html",
        link=link,
        version=mapping.version,
        sections=sections_of(mapping),
        chosen=request.values.get("type", ""),
        reasons=mapping_reasons(mapping) if submitted is None else [],
        locked=lock_words(link),
        faults=faults,
        error=error,
        is_submitted=submitted is not None,
    )


def _proposals_left(mapping: LinkMapping, accepted: str) -> int:
    """Return how many proposals of the actor type were to be accepted and still are proposals."""
    type_id = accepted.partition(":")[0]
    return sum(len(each.proposals) for each in mapping.actor_types if str(each.row.id) == type_id)


def _as_submitted(session: Session, mapping: LinkMapping, submitted: SubmittedMapping) -> LinkMapping:
    try:
        values = load(MappingInput, submitted.values)
    except InvalidInputError:
        return mapping
    with session.no_autoflush:
        return lay_over(mapping, values, crm_fields_reader(session))[0]


def _save_order(link_id: int, type_id: int) -> None:
    with current_database().writing() as session:
        link = managed_link(session, link_id)
        keys = moved(request.form.getlist("order"), request.form.get("move", ""))
        submitted = {"actor_types": [{"name": mapping_of(session, link).with_id(type_id).name, "order": keys}]}
        save_mapping(session, current_doer(), link, load(MappingInput, submitted), _version())


def _priority_page(session: Session, error: TielineError | None = None) -> str:
    entries = sync_priority(session)
    return render_template(
        "mapping/priority.html", entries_shown=entries, version=priority_version(entries), error=error
    )


def _version() -> int:
    sent = request.form.get("version", "")
    if not sent.isdecimal():
        raise StaleVersionError
    return int(sent[:10])
