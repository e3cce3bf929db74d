"""What parts above the hub add to it, without the hub knowing them; one set per running application."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from flask import Flask, current_app
from sqlalchemy.orm import Session

from host.accounts.principal import Principal
from host.crm.origins import NameLinks
from host.crm.records import RecordsDeleted

EXTENSION = "tieline_crm"

Losses = Callable[[Session, Principal, str, int], Sequence[str]]
"""Says in words what goes with a record that the reader may know of: "the connection to Nordwind Finance"."""


@dataclass(frozen=True, slots=True)
class CardTab:
    """A tab on the cards of records.

    Attributes:
        key: Name of the tab, unique.
        endpoint: The page behind it; `url_for(endpoint, entity_type=…, record_id=…)` gives its address.
        entity_types: Keys of the entities whose cards have the tab.
        count: The figure beside the label, from (session, reader, entity type, record id); None shows none, and a
            negative one hides the tab from this reader.
        order: Tabs with smaller numbers stand further left; the card itself is 0, its persons are 50.
    """

    key: str
    label: str
    endpoint: str
    entity_types: Collection[str]
    count: Callable[[Session, Principal, str, int], int | None]
    order: int = 20


@dataclass(frozen=True, slots=True)
class DeletionWatcher:
    """Somebody who keeps things about records and has to know when these are deleted."""

    losses: Losses
    deleted: RecordsDeleted


@dataclass(slots=True)
class HubExtensions:
    """All additions of one application."""

    tabs: dict[str, CardTab] = field(default_factory=dict)
    watchers: list[DeletionWatcher] = field(default_factory=list)
    name_links: NameLinks | None = None

    @property
    def deletion_hooks(self) -> list[RecordsDeleted]:
        """What `host.crm.records.delete` has to call."""
        return [watcher.deleted for watcher in self.watchers]


def extensions_of(app: Flask) -> HubExtensions:
    """Return the additions of an application, which begins with none."""
    known: Mapping[str, object] = app.extensions
    if EXTENSION not in known:
        app.extensions[EXTENSION] = HubExtensions()
    return cast(HubExtensions, app.extensions[EXTENSION])


def current_extensions() -> HubExtensions:
    """Return the additions of the running application."""
    return extensions_of(current_app)


def register_card_tab(app: Flask, tab: CardTab) -> None:
    """Add a tab to the cards."""
    extensions_of(app).tabs[tab.key] = tab


def register_deletion_watcher(app: Flask, watcher: DeletionWatcher) -> None:
    """Tell `watcher` of deleted records from now on."""
    extensions_of(app).watchers.append(watcher)


def register_link_names(app: Flask, name_links: NameLinks) -> None:
    """Name links with this function wherever a change came from one."""
    extensions_of(app).name_links = name_links
