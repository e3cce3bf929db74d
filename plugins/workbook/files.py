"""Finding, opening and replacing the file of a workbook."""

import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout
from openpyxl.workbook import Workbook

from sync_connectors import AuthenticationError, ConfigurationError, UnavailableError

LARGEST_UNPACKED = 1024 * 1024 * 1024
LOCK_SECONDS = 10.0
_OLE_HEADER = bytes.fromhex("d0cf11e0a1b11ae1")


class WorkbookPath:
    """The file that a link's configuration names, below the root that the host allows."""

    def __init__(self, root: Path, filename: str) -> None:
        """Find the file.

        Raises:
            ConfigurationError: The name leads outside the root, or is no `.xlsx`.
        """
        self.name = filename
        self._root = root.resolve()
        if "\0" in filename:
            raise _wrong_name("the file name holds a control character")
        self.path = (self._root / filename).resolve()
        if not self.path.is_relative_to(self._root) or self.path == self._root:
            raise _wrong_name(f"{filename} lies outside the folder for workbooks", "Give a path below that folder.")
        if self.path.suffix.lower() != ".xlsx":
            raise _wrong_name(f"{filename} is not an .xlsx file")

    @contextmanager
    def reading(self) -> Iterator[BinaryIO]:
        """Yield the open file; a replacement of it meanwhile does not disturb the reader.

        Raises:
            ConfigurationError: It is missing or not a workbook.
            AuthenticationError: It is protected by a password.
            UnavailableError: It cannot be opened now, or was changed in place while it was read.
        """
        try:
            file = self.path.open("rb")
        except FileNotFoundError as error:
            raise _wrong_name(
                f"there is no file {self.name}", f"Put it below {self._root.name}, or mend the name."
            ) from error
        except IsADirectoryError as error:
            raise _wrong_name(f"{self.name} is a folder") from error
        except OSError as error:
            raise UnavailableError(
                f"{self.name} cannot be opened", instruction="Close it elsewhere and try again.", technical=str(error)
            ) from error
        with file:
            before = signature_of(file)
            self._check_content(file)
            try:
                yield file
            except (zipfile.BadZipFile, SyntaxError, KeyError, EOFError) as error:
                if signature_of(file) != before:
                    raise _changed_in_place(self.name) from error
                raise _wrong_name(f"{self.name} is damaged", technical=repr(error)) from error
            if signature_of(file) != before:
                raise _changed_in_place(self.name)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the right to replace the file against other writers of Tieline and against an open spreadsheet.

        Raises:
            UnavailableError: Somebody else has it.
        """
        if (owner := self.path.with_name(f"~${self.path.name}")).exists():
            raise UnavailableError(
                f"{self.name} is open in a spreadsheet program",
                instruction="Close it there and try again.",
                technical=f"{owner.name} exists",
            )
        lock = FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=LOCK_SECONDS)
        try:
            with lock:
                yield
        except Timeout as error:
            raise UnavailableError(f"{self.name} is being written by somebody else", technical=str(error)) from error

    def replace(self, book: Workbook) -> None:
        """Write the workbook beside the file and put it in its place: a crash leaves the old or the new one whole."""
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                book.save(file)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(self.path.stat().st_mode & 0o777)
            Path(name).replace(self.path)
        except OSError as error:
            raise UnavailableError(
                f"{self.name} could not be written", instruction="Look for space and rights.", technical=str(error)
            ) from error
        finally:
            Path(name).unlink(missing_ok=True)
        _sync_folder(self.path.parent)

    def _check_content(self, file: BinaryIO) -> None:
        if file.read(8) == _OLE_HEADER:
            raise AuthenticationError(
                f"{self.name} is protected by a password",
                fields={"Filename": "is protected by a password"},
                instruction="Remove the protection, or choose another file.",
            )
        file.seek(0)
        try:
            with zipfile.ZipFile(file) as archive:
                unpacked = sum(member.file_size for member in archive.infolist())
                is_workbook = "xl/workbook.xml" in archive.namelist()
        except zipfile.BadZipFile as error:
            raise _wrong_name(f"{self.name} is not a workbook", technical=str(error)) from error
        if not is_workbook:
            raise _wrong_name(f"{self.name} is not a workbook")
        if unpacked > LARGEST_UNPACKED:
            raise _wrong_name(
                f"{self.name} unpacks to {unpacked // 2**20} MiB, more than the {LARGEST_UNPACKED // 2**20} allowed"
            )
        file.seek(0)


def signature_of(file: BinaryIO) -> str:
    """Return what tells one state of an open file from another: inode, time of change and size."""
    status = os.fstat(file.fileno())
    return f"{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"


def _sync_folder(folder: Path) -> None:
    # without it a power cut may undo the rename although the data is on the disk
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _wrong_name(text: str, instruction: str = "", technical: str = "") -> ConfigurationError:
    return ConfigurationError(text, fields={"Filename": text}, instruction=instruction, technical=technical)


def _changed_in_place(name: str) -> UnavailableError:
    return UnavailableError(f"{name} was changed while it was read", instruction="It is read again with the next run.")
