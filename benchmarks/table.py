"""The table that is printed, and the JSON that is written."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure

_WORDS = 3
"""So many columns hold words, the others numbers."""

_HEADS = ("figure", "engine", "database", "records", "seconds", "records/s", "peak MB")


def lines(figures: Sequence[Figure]) -> list[str]:
    """Return the figures as a table of Markdown."""
    rows = [_HEADS, *(_cells(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    laid = [" | ".join(_padded(row[at], width, at) for at, width in enumerate(widths)) for row in rows]
    rule = "|".join("-" * (width + 2) if at < _WORDS else "-" * (width + 1) + ":" for at, width in enumerate(widths))
    head, *body = (f"| {line} |" for line in laid)
    return [head, f"|{rule}|", *body]


def write(path: Path, figures: Sequence[Figure], ratios: Mapping[str, float], about: Mapping[str, Any]) -> None:
    """Write everything as JSON."""
    told = {"about": about, "figures": [asdict(figure) for figure in figures], "ratios": ratios}
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def _cells(figure: Figure) -> tuple[str, ...]:
    return (
        figure.figure,
        figure.engine,
        figure.database,
        f"{figure.records:,}",
        f"{figure.seconds:.3f}",
        f"{figure.records_per_second:,.0f}",
        f"{figure.peak_rss_mb:.0f}" if figure.peak_rss_mb else "",
    )


def _padded(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column < _WORDS else cell.rjust(width)
