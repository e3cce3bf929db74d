"""`tieline connector new`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from host.cli import main

New = Callable[..., Result]


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> New:
    monkeypatch.chdir(tmp_path)
    environment = {"TIELINE_DATA_FOLDER": str(tmp_path / "data")}

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["connector", "new", *arguments], env=environment)

    return run


def test_a_project_is_written_where_one_is_and_every_file_named(new: New, tmp_path: Path) -> None:
    result = new("acme-books")
    assert result.exit_code == 0, result.output
    written = {path for path in (tmp_path / "tieline-acme-books").rglob("*") if path.is_file()}
    *named, last = result.output.splitlines()
    assert {tmp_path / line for line in named} == written
    assert last == "go on in tieline-acme-books: pip install -e '.[dev]' && pytest"
    assert [path for path in written if "$" in path.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["Acme Books"], "'Acme Books' is no name"),
        (["workbook"], "a connector workbook is installed already, by workbook (tieline"),
        (["acme", "--folder", "taken"], "taken is there already"),
    ],
)
def test_what_cannot_be_begun_is_refused_with_the_reason_and_nothing_is_written(
    new: New, tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine", encoding="utf-8")
    result = new(*arguments)
    assert result.exit_code == 2
    assert words in result.output
    assert [path.name for path in tmp_path.rglob("*.*")] == ["mine.txt"]


def test_a_folder_that_cannot_be_written_is_told(new: New, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = new("acme", "--folder", "file/below")
    assert result.exit_code == 1
    assert "cannot be written" in result.output
