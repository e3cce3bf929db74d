"""`python -m benchmarks.page FILE` puts the figures of a JSON file into `docs/performance.md`."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import goals, table
from benchmarks.environment import ROOT
from benchmarks.figures import Figure

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def filled(page: str, told: Mapping[str, Any]) -> str:
    """Return the page with these figures in place of the ones between its marks.

    Raises:
        ValueError: The page has no such marks.
    """
    head, _, rest = page.partition(BEGIN)
    _, mark, tail = rest.partition(END)
    if not mark:
        raise ValueError(f"the page has no {BEGIN} … {END}")
    about = told["about"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    words = f"{about['records']:,} customers, {about['rounds']} rounds, {about['cores']} cores; {versions}."
    figures = [Figure(**figure) for figure in told["figures"]]
    body = [words, "", *goals.lines(told["ratios"]), "", *table.lines(figures)]
    return "\n".join([f"{head}{BEGIN}", "", *body, "", f"{END}{tail}"])


def main() -> None:
    """Fill the page."""
    told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), told), encoding="utf-8")


if __name__ == "__main__":
    main()
