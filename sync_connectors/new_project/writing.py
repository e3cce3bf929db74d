"""Writing the files of a new project from the templates beside this module."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from sync_connectors.new_project.naming import ProjectNames

_SUFFIX = ".template"
_PACKAGE = "package"


class FolderTakenError(ValueError):
    """There is something already where the project would be written."""


def write_project(names: ProjectNames, folder: Path) -> list[Path]:
    """Write a project and return its files.

    Args:
        folder: Of the project; is made, and must not hold anything.

    Raises:
        FolderTakenError: The folder is not empty, or no folder.
        OSError: It cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderTakenError(f"{folder} is there already, name another folder")
    words = {**asdict(names), "versions": _versions(version("tieline"))}
    return [_write(folder / path, text) for path, text in _filled(words)]


def _filled(words: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    template = files(__package__).joinpath("template")
    for path, source in _sources(template, Path()):
        parts = [words["package"] if part == _PACKAGE else part for part in path.parts]
        yield Path(*parts), Template(source.read_text(encoding="utf-8")).substitute(words)


def _sources(folder: Traversable, path: Path) -> Iterator[tuple[Path, Traversable]]:
    for source in sorted(folder.iterdir(), key=lambda each: each.name):
        if source.is_dir():
            yield from _sources(source, path / source.name)
        elif source.name.endswith(_SUFFIX):
            yield path / source.name.removesuffix(_SUFFIX), source


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _versions(present: str) -> str:
    """Return the versions of Tieline that a project of today asks for: the contract may change with a minor one."""
    major, minor = (int(part) for part in present.split(".")[:2])
    return f">={major}.{minor},<{major}.{minor + 1}"
