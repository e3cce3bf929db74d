"""Reading CSV files of any origin as a stream: encoding and delimiter are found out, never asked."""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask_babel import gettext as _

from host.errors import InvalidInputError

SAMPLE_BYTES = 256 * 1024
MOST_COLUMNS = 500
DELIMITERS = ",;\t|"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A CSV file whose form is known.

    Attributes:
        header: The names of the columns.
    """

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]

    def rows(self, start: int = 0) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows below the header from row `start` on, each with its number; empty lines are passed over.

        Raises:
            InvalidInputError: the file is not a CSV file from some row on.
        """
        with self.path.open(encoding=self.encoding, errors="replace", newline="") as lines:
            reader = csv.reader((line.replace("\0", "�") for line in lines), delimiter=self.delimiter, strict=False)
            try:
                next(reader, None)
                filled = (cells for cells in reader if any(cells))
                for number, cells in enumerate(filled):
                    if number >= start:
                        yield number, [_unescaped(cell) for cell in cells]
            except csv.Error as error:
                fault = _("line %(line)s cannot be read: %(reason)s", line=reader.line_num, reason=error)
                raise InvalidInputError({"file": [fault]}) from error

    def count(self) -> int:
        """Return the number of rows below the header."""
        return sum(1 for _row in self.rows())


def open_table(path: Path) -> CsvTable:
    """Find out encoding, delimiter and header of a file.

    Raises:
        InvalidInputError: the file is empty, or not a CSV file with a header.
    """
    with path.open("rb") as opened:
        sample = opened.read(SAMPLE_BYTES)
    if not sample.strip():
        raise InvalidInputError({"file": [_("is empty")]})
    encoding = _encoding(path, sample)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(sample)
    if "\0" in text:
        raise InvalidInputError({"file": [_("is not a text file; save the sheet as CSV first")]})
    delimiter = _delimiter(text)
    try:
        header = next(csv.reader(text.splitlines(keepends=True), delimiter=delimiter), [])
    except csv.Error as error:
        raise InvalidInputError({"file": [_("the first line cannot be read: %(reason)s", reason=error)]}) from error
    names = tuple(_unescaped(name).strip() for name in header)
    if not any(names) or len(names) > MOST_COLUMNS:
        raise InvalidInputError({"file": [_("the first line must name the columns, at most %(n)s", n=MOST_COLUMNS)]})
    return CsvTable(path, encoding, delimiter, names)


def escaped(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; reading it back takes the mark away again."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def _unescaped(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:2] in {"=", "+", "-", "@", "\t", "\r"} else cell


def _encoding(path: Path, sample: bytes) -> str:
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as opened:
            while piece := opened.read(SAMPLE_BYTES):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"  # what spreadsheets on Windows write where it is not UTF-8
    return "utf-8"


def _delimiter(text: str) -> str:
    """The candidate that cuts the first lines into the most, and equally many, columns."""
    lines = text.splitlines(keepends=True)[:50]

    def suits(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if cells]
        except csv.Error:
            return (0, 0)
        first = widths[0] if widths else 1
        return (sum(width == first for width in widths) if first > 1 else 0, first)

    return max(DELIMITERS, key=suits)
