"""The live values of a block, read from the ERP each time that the tab is shown (spec 3.1)."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from time import monotonic

from flask_babel import gettext as _

from erp_links.links.connecting import open_link
from erp_links.links.errors import LinkPausedError
from erp_links.links.models import PauseReason
from erp_links.runtime import LinkRuntime
from erp_links.tab.blocks import PairedActor, TabBlock
from erp_links.tab.list_texts import ListTexts
from sync_connectors import Actors, ConnectorError, Field, FieldType, LinkSession, NoticeLevel, Value
from sync_connectors.codec import value_from_json

_BLOCKS_AT_ONCE = 8
_NOT_ASKED = frozenset(PauseReason) - {PauseReason.ADMINISTRATOR, PauseReason.BRAKE}
"""Pauses under which the ERP is left alone: asking it would fail, lock an account, or disturb another's books."""


@dataclass(frozen=True, slots=True)
class TabValue:
    """One field with its value; `text` is the display text of a list item."""

    field: Field
    value: Value
    text: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the values are not the ERP's present ones: what happened, and what to do."""

    text: str
    instruction: str = ""


@dataclass(frozen=True, slots=True)
class ActorReading:
    """The values of one paired record: the ERP's own, or the last known ones beside the trouble with reading them."""

    actor: PairedActor
    values: tuple[TabValue, ...]
    trouble: Trouble | None = None

    @property
    def is_live(self) -> bool:
        """Whether the values come from the ERP just now."""
        return self.trouble is None


@dataclass(frozen=True, slots=True)
class BlockReading:
    """What reading a block has brought; `milliseconds` is None where the ERP was not asked."""

    block: TabBlock
    actors: tuple[ActorReading, ...]
    milliseconds: int | None = None


def read_block(runtime: LinkRuntime, texts: ListTexts, block: TabBlock) -> BlockReading:
    """Ask the ERP for the values of a block; an ERP that fails or is late costs this block only.

    Called outside any transaction. Takes at most the setting `erp_tab_seconds`.
    """
    if not block.actors:
        return BlockReading(block, ())
    if block.standing.paused in _NOT_ASKED:
        return _all_last_known(block, Trouble(_("the sync of this link is paused"), block.standing.detail))
    started = monotonic()
    try:
        with open_link(runtime, block.link_id, runtime.settings.erp_tab_seconds) as session:
            actors = tuple(_read_actor(session, texts, block, actor) for actor in block.actors)
    except (ConnectorError, LinkPausedError) as error:
        return _all_last_known(block, Trouble(error.text, error.instruction))
    return BlockReading(block, actors, round((monotonic() - started) * 1000))


def read_blocks(runtime: LinkRuntime, texts: ListTexts, blocks: list[TabBlock]) -> list[BlockReading]:
    """Read several blocks side by side, so that all take no longer than the slowest."""
    if not blocks:
        return []
    with ThreadPoolExecutor(min(len(blocks), _BLOCKS_AT_ONCE), "erp-tab") as pool:
        waiting = [pool.submit(copy_context().run, read_block, runtime, texts, block) for block in blocks]
        return [each.result() for each in waiting]


def last_known(actor: PairedActor) -> tuple[TabValue, ...]:
    """Return the values of the fields on the tab as they were last settled; fields that are not synced have none."""
    values = []
    for field in actor.fields:
        if field.key not in actor.base:
            continue
        try:
            values.append(TabValue(field, value_from_json(field.type, actor.base[field.key])))
        except ValueError:
            continue  # the ERP has changed the field's type since
    return tuple(values)


def _read_actor(session: LinkSession, texts: ListTexts, block: TabBlock, actor: PairedActor) -> ActorReading:
    answer = session.get(actor.actor_type, [actor.key], [field.key for field in actor.fields])
    found = next((each for each in answer.actors if each.key == actor.key), None)
    if found is None:
        return ActorReading(actor, last_known(actor), _why_absent(answer))
    return ActorReading(actor, _with_texts(session, texts, block, actor.fields, found.values))


def _why_absent(answer: Actors) -> Trouble:
    """Tell a record that is gone from an ERP that only warned: with a warning nothing is concluded (spec C-24)."""
    warnings = [notice.text for notice in answer.notices if notice.level is NoticeLevel.WARNING]
    if warnings:
        return Trouble("; ".join(warnings))
    return Trouble(_("the ERP no longer has this record"), _("it was deleted there, or moved to another company"))


def _with_texts(
    session: LinkSession,
    texts: ListTexts,
    block: TabBlock,
    fields: tuple[Field, ...],
    values: Mapping[str, Value],
) -> tuple[TabValue, ...]:
    wanted: dict[str, set[str]] = {}
    for field in fields:
        value = values.get(field.key)
        if field.type is FieldType.LIST and value:
            wanted.setdefault(field.list_name, set()).add(str(value))
    found = {name: texts.of(session, block.link_id, block.link_version, name, keys) for name, keys in wanted.items()}
    return tuple(
        TabValue(field, values.get(field.key), found.get(field.list_name, {}).get(str(values.get(field.key)), ""))
        for field in fields
    )


def _all_last_known(block: TabBlock, trouble: Trouble) -> BlockReading:
    return BlockReading(block, tuple(ActorReading(actor, last_known(actor), trouble) for actor in block.actors))
