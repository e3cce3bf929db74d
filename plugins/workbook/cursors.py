"""How far a pass over a sheet has come."""

from dataclasses import dataclass
from typing import Self

from sync_connectors import ProtocolError

FIRST_ROW = 2


@dataclass(frozen=True, slots=True)
class Cursor:
    """The next row to read, valid only for one state of the file."""

    signature: str
    row: int = FIRST_ROW

    @classmethod
    def parse(cls, text: str | None, signature: str) -> Self:
        """Read a cursor, or begin at the first row where there is none.

        Raises:
            ProtocolError: It belongs to another state of the file, whose rows may lie elsewhere now.
        """
        if text is None:
            return cls(signature)
        row, _at, of = text.partition("@")
        if of != signature or not row.isdecimal():
            raise ProtocolError("the workbook was changed since this pass began, begin it anew")
        return cls(signature, int(row))

    def text(self) -> str:
        """Return the form that the host stores."""
        return f"{self.row}@{self.signature}"
