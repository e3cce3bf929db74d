"""What reading a block has brought."""

from dataclasses import dataclass

from erp_links.tab.blocks import PairedActor, TabBlock
from sync_connectors import Field, Value


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
    """The values of a block; `milliseconds` is None where the ERP was not asked or did not answer."""

    block: TabBlock
    actors: tuple[ActorReading, ...]
    milliseconds: int | None = None
