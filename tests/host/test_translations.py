import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from host.app import create_app
from host.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = sorted((ROOT / "host" / "translations").glob("*/LC_MESSAGES/messages.po"))
KEYWORDS = {
    **dict.fromkeys(("_", "_l", "gettext", "lazy_gettext")),
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")

pytestmark = pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])


def forms(text: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def context_of(message: Message) -> str:
    # Babel reads the contexts of a compiled catalogue as bytes
    return message.context.decode() if isinstance(message.context, bytes) else message.context or ""


def entries(path: Path) -> dict[tuple[str, tuple[str, ...]], tuple[str, ...]]:
    """Return the translated texts, by context and the text or its singular and plural."""
    read = read_po if path.suffix == ".po" else read_mo
    with path.open("rb") as file:
        found = {(context_of(each), forms(each.id)): forms(each.string) for each in read(file) if each.id}
    return {key: texts for key, texts in found.items() if all(texts)}


def test_what_is_read_at_run_time_is_what_was_written(path):
    assert entries(path.with_suffix(".mo")) == entries(path)


def test_translations_fill_in_the_same_places(path):
    differing = [
        texts
        for (_context, identity), texts in entries(path).items()
        if set(PLACEHOLDER.findall(texts[-1])) != set(PLACEHOLDER.findall(identity[-1]))
    ]
    assert differing == []


def test_nearly_every_text_is_translated(path):
    """A text may be newer than its translation, and is then shown in English; many may not."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = set()
    for folder in ("host", "sync_connectors", "erp_links", "templates"):
        mapping = [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in methods]
        texts = extract_from_dir(ROOT / folder, mapping, options, KEYWORDS)
        found |= {(context or "", forms(text)) for _file, _line, text, _comments, context in texts}
    missing = sorted(text for _context, text in found - entries(path).keys())
    assert len(found) > 1000
    assert len(missing) <= len(found) * 0.05, missing


def test_a_page_speaks_the_language_that_the_browser_asks_for(path, sqlite_database, tmp_path):
    language = path.parts[-3]
    client = create_app(Settings(data_folder=tmp_path), sqlite_database).test_client()
    page = client.get("/sign-in", headers={"Accept-Language": f"{language}, en;q=0.5"}).text
    assert f'<html lang="{language}"' in page
    assert entries(path)["", ("Password",)][0] in page
    assert 'lang="en"' in client.get("/sign-in").text
