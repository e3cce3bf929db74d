"""What the strict content security policy would only show in a browser."""

import re
from pathlib import Path

import pytest

from host.templating import template_folder

TEMPLATES = sorted(template_folder().rglob("*.html"))
STATIC = Path(__file__).resolve().parents[3] / "host" / "static"
TAG = re.compile(r"</?[a-z!][^<>]*>", re.IGNORECASE)
TOLD_ATTRIBUTE = re.compile(r"\s(?:aria-label|placeholder|title|data-label|alt)=\"([^\"]*)\"")
WORD = re.compile(r"[^\W\d_]{2,}")
NAMES = {"Tieline", "· Tieline", "openapi.json", "plugin:"}
FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)[^>]*>", re.IGNORECASE),
    "an inline style": re.compile(r"<style|\sstyle\s*=", re.IGNORECASE),
    "an inline handler": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "something from another host": re.compile(r"<(?:script|link|img|iframe)[^>]*[\"'](?:https?:)?//", re.IGNORECASE),
    "an address that is a script": re.compile(r"[\"']\s*javascript:", re.IGNORECASE),
    "a text that is not escaped": re.compile(r"\|\s*safe\b|autoescape\s+false"),
}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(template_folder())))
def test_a_template_holds_nothing_that_the_policy_forbids(template):
    source = re.sub(r"{#.*?#}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(source)] == []


@pytest.mark.parametrize("script", sorted((STATIC / "js").glob("*.js")), ids=lambda path: path.name)
def test_a_script_neither_runs_texts_nor_leaves_the_host(script):
    source = script.read_text(encoding="utf-8")
    assert re.findall(r"\beval\(|new Function|document\.write|https?://|\.setAttribute\(\"(?:style|on)", source) == []


@pytest.mark.parametrize("sheet", sorted((STATIC / "css").glob("*.css")), ids=lambda path: path.name)
def test_a_style_sheet_fetches_nothing_from_elsewhere(sheet):
    assert re.findall(r"@import|url\(\s*[\"']?(?:https?:)?//", sheet.read_text(encoding="utf-8")) == []


def test_every_module_that_is_imported_exists():
    for script in (STATIC / "js").glob("*.js"):
        for name in re.findall(r"from \"\./([^\"]+)\"", script.read_text(encoding="utf-8")):
            assert (STATIC / "js" / name).exists(), f"{script.name} imports {name}"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(template_folder())))
def test_every_text_of_a_template_can_be_translated(template):
    """Words between tags stand in gettext calls; what is left is punctuation and the name of the product."""
    source = template.read_text(encoding="utf-8")
    plain = re.sub(r"{#.*?#}|{% set common %}.*?{% endset %}|{%.*?%}|{{.*?}}", "", source, flags=re.DOTALL)
    texts = [*TOLD_ATTRIBUTE.findall(plain), *TAG.sub("\n", plain).split("\n")]
    untranslated = [text for text in texts if WORD.search(text) and text.strip() not in NAMES]
    assert untranslated == []
