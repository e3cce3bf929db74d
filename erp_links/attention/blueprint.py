"""Setting up the pages and the API of what waits for a person."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from erp_links.attention import (
    conflict_api,
    conflict_pages,
    match_pages,
    pairing_api,
    pairing_pages,
    unclear_api,
    unclear_pages,
)
from erp_links.attention.badges import ambiguous_matches, unclear_creates, waiting_conflicts
from host.api import register_api
from host.settings import Settings
from host.web.navigation import NavigationItem, Section, register_item

_FIRST = 10


def init_app(app: Flask, _settings: Settings) -> None:
    """Set up the pages and the API of conflicts, ambiguous matches, unclear creates and pairings."""
    for pages in (conflict_pages, match_pages, unclear_pages, pairing_pages):
        app.register_blueprint(pages.blueprint)
    for resource in (conflict_api.conflicts, unclear_api.unclear, pairing_api.pairings):
        register_api(app, resource)
    for order, (label, endpoint, icon, prefix, badge) in enumerate(
        (
            (_l("Conflicts"), "conflicts.show", "signpost-split", "/sync/conflicts", waiting_conflicts),
            (_l("Ambiguous matches"), "matches.show", "intersect", "/sync/matches", ambiguous_matches),
            (_l("Unclear creates"), "unclear.show", "question-circle", "/sync/unclear", unclear_creates),
            (_l("Paired records"), "pairings.show", "link-45deg", "/sync/pairings", None),
        )
    ):
        item = NavigationItem(Section.SYNC, label, endpoint, icon, _FIRST + order, prefix, badge=badge)
        register_item(app, item)
