"""The addresses of the hub's pages."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask
from flask_babel import lazy_gettext as _l

from host.api import register_api
from host.crm import api
from host.crm.pages import cards, editing, fields, importing, listing, lists, suggesting
from host.crm.panels import referring_entities
from host.crm.registry import entity_types
from host.settings import Settings
from host.web.navigation import NavigationItem, Section, for_administrators, register_item

blueprint = Blueprint("crm", __name__)

ICONS = {
    "company": "building",
    "person": "person",
    "project": "kanban",
    "product": "box-seam",
    "sales_order": "cart",
}

SETTINGS = (
    (20, _l("Fields"), "fields", "input-cursor-text"),
    (21, _l("Lists"), "lists", "list-ul"),
)

View = Callable[..., Any]


def init_app(app: Flask, _settings: Settings) -> None:
    """Give each entity of the registry its pages and its entry in the navigation."""
    app.register_blueprint(blueprint)
    for resource in api.blueprints:
        register_api(app, resource)
    for order, entity in enumerate(entity_types().values(), start=1):
        register_item(
            app,
            NavigationItem(
                section=Section.CRM,
                label=entity.plural,
                endpoint=f"crm.{entity.path}",
                icon=ICONS.get(entity.key, "card-list"),
                order=order * 10,
                prefix=f"/{entity.path}",
            ),
        )
    for order, label, endpoint, icon in (
        (20, _l("Fields"), "fields", "input-cursor-text"),
        (21, _l("Lists"), "lists", "list-ul"),
    ):
        register_item(
            app,
            NavigationItem(
                section=Section.SETTINGS,
                label=label,
                endpoint=f"crm.{endpoint}",
                icon=icon,
                order=order,
                prefix=f"/settings/{endpoint}",
                visible=for_administrators,
            ),
        )


def _add_entity_pages() -> None:
    for entity in entity_types().values():
        pages: tuple[tuple[str, str, View, tuple[str, ...]], ...] = (
            ("", entity.path, listing.list_records, ("GET",)),
            ("/suggestions", "suggest", suggesting.suggest, ("GET",)),
            ("/import", "import_file", importing.import_file, ("GET", "POST")),
            ("/import/<token>", "import_columns", importing.import_columns, ("GET", "POST")),
            ("/import/<token>/start", "import_start", importing.import_start, ("POST",)),
            ("/import/<token>/progress", "import_progress", importing.import_progress, ("GET", "POST")),
            ("/import/<token>/refused.csv", "import_problems", importing.import_problems, ("GET",)),
            ("/new", "create", editing.create, ("GET", "POST")),
            ("/<int:record_id>", "card", cards.card, ("GET",)),
            ("/<int:record_id>/edit", "edit", editing.edit, ("GET", "POST")),
            ("/<int:record_id>/delete", "delete", editing.delete, ("GET", "POST")),
        )
        for other in referring_entities(entity.key):
            blueprint.add_url_rule(
                f"/{entity.path}/<int:record_id>/{other.path}",
                "referring",
                cards.referring,
                defaults={"entity_type": entity.key, "other_path": other.path},
            )
        for path, endpoint, view, methods in pages:
            blueprint.add_url_rule(
                f"/{entity.path}{path}", endpoint, view, methods=methods, defaults={"entity_type": entity.key}
            )


def _add_settings_pages() -> None:
    pages: tuple[tuple[str, str, View, tuple[str, ...]], ...] = (
        ("/fields", "fields", fields.show_fields, ("GET", "POST")),
        ("/fields/<int:field_id>", "field", fields.change_field, ("GET", "POST")),
        ("/fields/<int:field_id>/delete", "delete_field", fields.delete_field, ("POST",)),
        ("/lists", "lists", lists.show_lists, ("GET", "POST")),
        ("/lists/<list_key>", "list_items", lists.list_items, ("GET", "POST")),
        ("/lists/<list_key>/rename", "rename_list", lists.rename_list, ("POST",)),
        ("/lists/<list_key>/delete", "delete_list", lists.delete_list, ("POST",)),
        ("/lists/<list_key>/items/<item_key>", "change_item", lists.change_item, ("POST",)),
        ("/lists/<list_key>/items/<item_key>/delete", "delete_item", lists.delete_item, ("POST",)),
    )
    for path, endpoint, view, methods in pages:
        blueprint.add_url_rule(f"/settings{path}", endpoint, view, methods=methods)


_add_entity_pages()
_add_settings_pages()
blueprint.add_url_rule("/search", "search", listing.search)
