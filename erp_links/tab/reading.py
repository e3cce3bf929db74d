"""The live values of a block, read from the ERP each time that the tab is shown (spec 3.1)."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from time import monotonic
from typing import cast

from flask import current_app
from flask_babel import gettext as _

from erp_links.links.connecting import open_link
from erp_links.links.errors import LinkPausedError
from erp_links.links.models import PauseReason
from erp_links.runtime import LinkRuntime
from erp_links.tab.blocks import PairedActor, TabBlock
from erp_links.tab.list_texts import ListTexts
from erp_links.tab.places import WaitingPlaces
from erp_links.tab.values import ActorReading, BlockReading, TabValue, Trouble
from sync_connectors import Actors, ConnectorError, FieldType, LinkSession, NoticeLevel, Value
from sync_connectors.codec import value_from_json

EXTENSION = "tieline_tab_reader"
PATIENCE_SECONDS = 1.0
_BLOCKS_AT_ONCE = 8
_NOT_ASKED = frozenset(PauseReason) - {PauseReason.ADMINISTRATOR, PauseReason.BRAKE}
"""Pauses under which the ERP is left alone: asking it would fail, lock an account, or disturb another's books."""


class TabReader:
    """Reads blocks from their ERPs; one for each running application.

    Args:
        runtime: Reaches the ERPs.
        texts: Keeps the texts of list items for a moment.
    """

    def __init__(self, runtime: LinkRuntime, texts: ListTexts | None = None) -> None:
        self._runtime = runtime
        self._texts = texts or ListTexts()
        self._seconds = runtime.settings.erp_tab_seconds
        places = runtime.settings.web_threads // 2
        self._places = WaitingPlaces(places, max(2, places // 2))

    def read(self, block: TabBlock, patience: float = PATIENCE_SECONDS) -> BlockReading:
        """Ask the ERP for the values of a block; an ERP that fails or is late costs this block only.

        Called outside any transaction. After the setting `erp_tab_seconds` no further call is begun, so that it takes
        at most twice as long. Waits for at most `patience` seconds while too many others wait for the same ERP.
        """
        if not block.actors:
            return BlockReading(block, ())
        if block.standing.paused in _NOT_ASKED:
            return self._all_last_known(block, Trouble(_("the sync of this link is paused"), block.standing.detail))
        with self._places.place(block.link_id, patience) as has_place:
            if not has_place:
                return self._all_last_known(
                    block, Trouble(_("others wait for this ERP already"), _("try again in a moment"))
                )
            return self._ask(block)

    def read_all(self, blocks: list[TabBlock]) -> list[BlockReading]:
        """Read several blocks side by side, so that all take no longer than the slowest."""
        if not blocks:
            return []
        with ThreadPoolExecutor(min(len(blocks), _BLOCKS_AT_ONCE), "erp-tab") as pool:
            waiting = [pool.submit(copy_context().run, self.read, block, self._seconds) for block in blocks]
            return [each.result() for each in waiting]

    def _ask(self, block: TabBlock) -> BlockReading:
        started = monotonic()
        try:
            with open_link(self._runtime, block.link_id, self._seconds) as session:
                until = started + self._seconds
                actors = tuple(self._read_actor(session, block, actor, until) for actor in block.actors)
        except (ConnectorError, LinkPausedError) as error:
            return self._all_last_known(block, Trouble(error.text, error.instruction))
        return BlockReading(block, actors, round((monotonic() - started) * 1000))

    def _read_actor(self, session: LinkSession, block: TabBlock, actor: PairedActor, until: float) -> ActorReading:
        if monotonic() > until:
            trouble = Trouble(_("the ERP takes too long"), _("try again in a moment"))
            return ActorReading(actor, self._last_known(block, actor), trouble)
        answer = session.get(actor.actor_type, [actor.key], [field.key for field in actor.fields])
        found = next((each for each in answer.actors if each.key == actor.key), None)
        if found is None:
            return ActorReading(actor, self._last_known(block, actor), _why_absent(answer))
        self._learn_texts(session, block, actor, found.values, until)
        return ActorReading(actor, self._with_texts(block, actor, found.values))

    def _learn_texts(
        self, session: LinkSession, block: TabBlock, actor: PairedActor, values: Mapping[str, Value], until: float
    ) -> None:
        wanted: dict[str, set[str]] = {}
        for field in actor.fields:
            value = values.get(field.key)
            if field.type is FieldType.LIST and value:
                wanted.setdefault(field.list_name, set()).add(str(value))
        for list_name, keys in wanted.items():
            if monotonic() < until:
                self._texts.learn(session, block.link_id, block.link_version, list_name, keys)

    def _with_texts(self, block: TabBlock, actor: PairedActor, values: Mapping[str, Value]) -> tuple[TabValue, ...]:
        def text_of(list_name: str, value: Value) -> str:
            if not list_name or value is None:
                return ""
            return self._texts.text(block.link_id, block.link_version, list_name, str(value))

        return tuple(
            TabValue(field, values.get(field.key), text_of(field.list_name, values.get(field.key)))
            for field in actor.fields
            if field.key in values
        )

    def _last_known(self, block: TabBlock, actor: PairedActor) -> tuple[TabValue, ...]:
        """Return the values as they were last settled; fields that are not synced have none."""
        values: dict[str, Value] = {}
        for field in actor.fields:
            if field.key not in actor.base:
                continue
            try:
                values[field.key] = value_from_json(field.type, actor.base[field.key])
            except ValueError:
                continue  # the ERP has changed the field's type since
        return self._with_texts(block, actor, values)

    def _all_last_known(self, block: TabBlock, trouble: Trouble) -> BlockReading:
        return BlockReading(
            block, tuple(ActorReading(actor, self._last_known(block, actor), trouble) for actor in block.actors)
        )


def current_tab_reader() -> TabReader:
    """Return the reader of the running Flask application."""
    return cast(TabReader, current_app.extensions[EXTENSION])


def _why_absent(answer: Actors) -> Trouble:
    """Tell a record that is gone from an ERP that only warned: with a warning nothing is concluded (spec C-24)."""
    warnings = [notice.text for notice in answer.notices if notice.level is NoticeLevel.WARNING]
    if warnings:
        return Trouble("; ".join(warnings))
    return Trouble(_("the ERP no longer has this record"), _("it was deleted there, or moved to another company"))
