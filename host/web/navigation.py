"""The side navigation, to which each feature adds its own items."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import cast

from flask import Flask, current_app, request, url_for
from flask_babel import LazyString, lazy_gettext
from flask_login import current_user

EXTENSION = "tieline_navigation"


class Section(Enum):
    """The parts of the navigation, in their order."""

    CRM = lazy_gettext("CRM")
    SYNC = lazy_gettext("Sync")
    SETTINGS = lazy_gettext("Settings")


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One entry.

    Attributes:
        prefix: The entry is the current one on paths that begin so.
        visible: Whether who is signed in sees it; everybody unless given.
        badge: How many records it leads to, or None.
    """

    section: Section
    label: str | LazyString
    endpoint: str
    icon: str
    order: int
    prefix: str
    visible: Callable[[], bool] | None = None
    badge: Callable[[], int | None] | None = None


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An entry as the template needs it."""

    label: str
    url: str
    icon: str
    is_current: bool
    badge: int | None


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A part of the navigation that has something to show."""

    label: str
    items: list[ShownItem] = field(default_factory=list)


def for_administrators() -> bool:
    """Whether an administrator is signed in."""
    return bool(getattr(current_user, "is_administrator", False))


def register_item(app: Flask, item: NavigationItem) -> None:
    """Add an entry."""
    _items(app).append(item)


def navigation() -> list[ShownSection]:
    """Return the navigation for who is signed in and the page that is asked for."""
    items = [item for item in _items(current_app) if item.visible is None or item.visible()]
    current = max((item.prefix for item in items if _leads_to(item.prefix)), key=len, default="")
    sections = []
    for section in Section:
        shown = ShownSection(str(section.value))
        for item in sorted((each for each in items if each.section is section), key=lambda each: each.order):
            badge = item.badge() if item.badge else None
            shown.items.append(
                ShownItem(str(item.label), url_for(item.endpoint), item.icon, item.prefix == current, badge or None)
            )
        if shown.items:
            sections.append(shown)
    return sections


def init_navigation(app: Flask) -> None:
    """Begin with no entries."""
    app.extensions[EXTENSION] = []
    app.jinja_env.globals["navigation"] = navigation


def _items(app: Flask) -> list[NavigationItem]:
    return cast(list[NavigationItem], app.extensions[EXTENSION])


def _leads_to(prefix: str) -> bool:
    return request.path == prefix or request.path.startswith(f"{prefix}/")
