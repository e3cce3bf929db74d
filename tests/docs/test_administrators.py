import re
import tomllib
from dataclasses import fields
from pathlib import Path

import click
import pytest

from host.cli import main
from host.cli.main import members_of
from host.settings import Settings

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs" / "administrators.md").read_text(encoding="utf-8")
PAGES = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")])


def commands(group: click.Command, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Return the paths of all commands below `group`."""
    if not isinstance(group, click.Group):
        return {path}
    return {found for name, command in members_of(group).items() for found in commands(command, (*path, name))}


def named_commands() -> set[tuple[str, ...]]:
    known = commands(main)
    words = (tuple(text.split()) for text in re.findall(r"\btieline ([a-z]+(?: [a-z]+)?)", PAGE))
    return {pair if pair in known else pair[:1] for pair in words}


def test_every_command_is_named_on_the_page() -> None:
    assert commands(main) - named_commands() - {("demo",)} == set()


def test_the_page_names_no_command_that_does_not_exist() -> None:
    assert named_commands() - commands(main) == set()


def test_the_page_names_no_setting_that_does_not_exist() -> None:
    known = {f"TIELINE_{declared.name.upper()}" for declared in fields(Settings)} | {"TIELINE_CONFIG"}
    assert set(re.findall(r"TIELINE_[A-Z_]+", PAGE)) - known == set()


def test_the_configuration_file_of_the_page_can_be_used(tmp_path: Path) -> None:
    (content,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    config = tmp_path / "tieline.toml"
    config.write_text(content, encoding="utf-8")
    settings = Settings.load({}, config)
    assert settings.public_url == tomllib.loads(content)["public_url"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(CHECKOUT).as_posix())
def test_links_between_the_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(((?!https?:|#)[^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []
