"""The items that lists of an ERP have now, asked each time that a table is shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic

from flask_babel import gettext as _

from erp_links.links.connecting import open_link
from erp_links.links.errors import LinkPausedError
from erp_links.runtime import LinkRuntime
from sync_connectors import ConnectorError

ErpItems = Mapping[str, str]
"""Display text of the items of a list by their key, in the ERP's order."""


@dataclass(frozen=True, slots=True)
class ErpLists:
    """What an ERP told of its lists.

    Attributes:
        items: By name of the list; one that could not be read is not among them.
        trouble: Why one could not be read, in words; empty where all were.
        instruction: What to do about it.
    """

    items: Mapping[str, ErpItems] = field(default_factory=dict)
    trouble: str = ""
    instruction: str = ""


def read_erp_lists(runtime: LinkRuntime, link_id: int, names: Iterable[str]) -> ErpLists:
    """Ask the ERP of a link for lists, one after the other.

    Called outside any transaction. After the setting `erp_tab_seconds` no further list is asked for, so that it takes
    at most twice as long. An ERP that fails or is late is told in words, and the other lists are read all the same:
    what is stored can be shown without it.

    Raises:
        NotFoundError: There is no such link.
    """
    wanted = list(dict.fromkeys(names))
    if not wanted:
        return ErpLists()
    seconds = runtime.settings.erp_tab_seconds
    until = monotonic() + seconds
    items: dict[str, ErpItems] = {}
    troubles: list[ConnectorError] = []
    try:
        with open_link(runtime, link_id, seconds) as session:
            for name in wanted:
                if monotonic() > until:
                    return ErpLists(items, _("the ERP takes too long"), _("try again in a moment"))
                try:
                    items[name] = dict(session.list_items(name))
                except ConnectorError as error:
                    troubles.append(error)
    except (ConnectorError, LinkPausedError) as error:
        return ErpLists(items, error.text, error.instruction)
    texts = dict.fromkeys(error.text for error in troubles)
    return ErpLists(items, "; ".join(texts), troubles[0].instruction if troubles else "")
