"""The ERP tab on the cards of records, and its blocks, which the browser loads beside the card."""

from flask import Blueprint, Flask, render_template, request
from flask_babel import lazy_gettext as _l
from flask_login import login_required
from sqlalchemy.orm import Session

from erp_links.runtime import EXTENSION as LINKS
from erp_links.runtime import current_runtime
from erp_links.tab import api
from erp_links.tab.blocks import count_paired, has_blocks, tab_block, tab_blocks
from erp_links.tab.history import sync_history
from erp_links.tab.reading import EXTENSION, TabReader, current_tab_reader
from erp_links.tab.values import BlockReading
from erp_links.tab.words import shown
from host.accounts.current import current_principal
from host.accounts.principal import Principal
from host.api import register_api
from host.crm import records
from host.crm.panels import CardTab, card_frame, register_card_tab
from host.crm.registry import entity_types
from host.settings import Settings

TAB = "erp"

blueprint = Blueprint("erp_tab", __name__)


def init_app(app: Flask, _settings: Settings) -> None:
    """Add the tab to the cards of all entities, its pages and its API."""
    app.extensions[EXTENSION] = TabReader(app.extensions[LINKS])
    app.register_blueprint(blueprint)
    for resource in api.tab_resources():
        register_api(app, resource)
    tab = CardTab(
        key=TAB,
        label=_l("ERP"),
        endpoint="erp_tab.show",
        entity_types=tuple(entity_types()),
        count=_badge,
        order=10,
    )
    register_card_tab(app, tab)


@login_required
def show(entity_type: str, record_id: int) -> str:
    """Show the tab; each block loads its values by itself, unless the reader's browser runs no scripts."""
    runtime, principal = current_runtime(), current_principal()
    with runtime.database.reading() as session:
        frame = card_frame(session, principal, entity_type, record_id, TAB)
        blocks = tab_blocks(session, runtime, principal, entity_type, record_id)
        history = sync_history(session, principal, entity_type, record_id)
    readings: dict[int, BlockReading] = {}
    if "now" in request.args:
        readings = {each.block.link_id: each for each in current_tab_reader().read_all(blocks)}
    return render_template(
        "tab/erp.html",
        **frame,
        blocks=blocks,
        readings=readings,
        seconds=2 * runtime.settings.erp_tab_seconds + 2,
        history=history,
        shown=shown,
    )


@login_required
def block(entity_type: str, record_id: int, link_id: int) -> str:
    """Return the values of one block, read from its ERP just now."""
    runtime, principal = current_runtime(), current_principal()
    with runtime.database.reading() as session:
        records.get(session, entity_type, record_id)
        found = tab_block(session, runtime, principal, entity_type, record_id, link_id)
    return render_template("tab/block.html", reading=current_tab_reader().read(found), shown=shown)


def _badge(session: Session, principal: Principal, entity_type: str, record_id: int) -> int | None:
    """Return the figure on the tab; without a link that the reader may see there is no tab."""
    if not has_blocks(session, principal, entity_type):
        return -1
    return count_paired(session, principal, entity_type, record_id)


def _add_routes() -> None:
    for entity in entity_types().values():
        of_entity = {"entity_type": entity.key}
        path = f"/{entity.path}/<int:record_id>/erp"
        blueprint.add_url_rule(path, view_func=show, defaults=of_entity)
        blueprint.add_url_rule(f"{path}/links/<int:link_id>", view_func=block, defaults=of_entity)


_add_routes()
