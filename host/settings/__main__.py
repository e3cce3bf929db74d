"""`python -m host.settings` prints the reference page of the settings, which is kept as `docs/settings.md`."""

from dataclasses import fields
from itertools import groupby
from pathlib import Path
from typing import Any, get_type_hints

from host.settings.conversion import describe
from host.settings.declared import Settings
from host.settings.declaring import declaration_of, variable_of

_INTRODUCTION = """\
# Settings

A setting is an environment variable, or a key of the TOML file that `TIELINE_CONFIG` names; the variable wins. In the
file the key is the variable's name in lower case without `TIELINE_`: `TIELINE_PORT=8081` is `port = 8081`. An unknown
name or a value of the wrong type stops the start with a message that names every such fault. Relative paths start at
the folder in which Tieline is started.

This page is made from the declaration of the settings by `python -m host.settings`.
"""


def reference() -> str:
    """Return the page in Markdown."""
    types = get_type_hints(Settings)
    lines = [_INTRODUCTION]
    for section, declared in groupby(fields(Settings), key=lambda field: declaration_of(field).section):
        lines += [f"## {section}", "", "| Variable | Type | Default | Meaning |", "|---|---|---|---|"]
        for field in declared:
            declaration = declaration_of(field)
            default = declaration.default_words or _shown(field.default)
            lines.append(
                f"| `{variable_of(field.name)}` | {describe(types[field.name])} | {default} | {declaration.help} |"
            )
        lines.append("")
    return "\n".join(lines)


def _shown(default: Any) -> str:
    if default in (None, "", ()):
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`./{default}`" if isinstance(default, Path) else f"`{default}`"


if __name__ == "__main__":
    print(reference(), end="")  # noqa: T201 - printing the page is what this module is run for
