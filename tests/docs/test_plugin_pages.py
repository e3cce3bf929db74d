import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from host.cli import main
from host.settings import Settings
from tests.docs.greenbook import PAGES, blocks

NAMES = sorted(path.name for path in PAGES.glob("*.md"))


def text_of(name: str) -> str:
    return (PAGES / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_page_says_that_the_contract_is_not_settled(name: str) -> None:
    assert re.search(r"\b0\.x\b", text_of(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_settings_that_a_page_names_exist(name: str) -> None:
    named = re.findall(r"\bTIELINE_([A-Z_]+)(?:=(\w+))?", text_of(name))
    for setting, value in named:
        Settings.load({f"TIELINE_{setting}": value} if value else {})
    assert {setting for setting, _value in named if not hasattr(Settings(), setting.lower())} == set()


def test_the_index_lists_every_other_page() -> None:
    assert set(re.findall(r"\]\(([\w-]+\.md)\)", text_of("README.md"))) == set(NAMES) - {"README.md"}


def test_the_first_command_of_the_index_begins_a_project_whose_folder_the_next_one_enters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (commands,) = blocks("README.md", "")
    new, enter, *_rest = (shlex.split(line) for line in commands.splitlines())
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, new[1:], prog_name=new[0], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert (tmp_path / enter[1] / "pyproject.toml").exists()
