"""Charts of a link as SVG, drawn on the server: no script, no font and no image from elsewhere.

They are served as images, with a policy of their own that lets them bring their colours and nothing else. A table with
the same figures stands beside each.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from xml.etree import ElementTree as ET

import pygal
from flask_babel import format_datetime
from flask_babel import gettext as _
from pygal.style import Style

from erp_links.sync.views.pace import Lag, RunPace
from host.web.formats import number

IMAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Inside an image nothing runs and nothing is fetched; pygal writes its colours into the picture itself."""

_FONT = "Inter, system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
_COLOURS = {
    # background, text, lines, CRM, ERP: as tokens.css has them
    "light": ("#ffffff", "#465364", "#e9edf2", "#3f4dcb", "#0a6e5b"),
    "dark": ("#182029", "#b3bdca", "#2f3b4a", "#a3acff", "#56d3b6"),
}
THEMES = tuple(_COLOURS)

_RUNS_PER_NAME = 10


class Chart(StrEnum):
    """The charts that a link has."""

    RECORDS = "records"
    DURATION = "duration"
    LAG = "lag"


def draw(chart: Chart, theme: str, paces: Sequence[RunPace], lags: Sequence[Lag]) -> bytes:
    """Return a chart as SVG.

    Args:
        chart: Which one.
        theme: `light` or `dark`.
        paces: The last runs, the oldest first.
        lags: How far each kind of record is behind.
    """
    drawing: dict[Chart, Any] = {
        Chart.RECORDS: lambda: _records(theme, paces),
        Chart.DURATION: lambda: _durations(theme, paces),
        Chart.LAG: lambda: _lags(theme, lags),
    }
    return _without_scripts(drawing[chart]().render_tree())


def _without_scripts(picture: ET.Element) -> bytes:
    # pygal always writes the configuration of its tooltips into the picture, as a script that nothing would run
    for parent in list(picture.iter()):
        for child in list(parent):
            if child.tag in {"script", ET.Comment}:
                parent.remove(child)
    drawn: bytes = ET.tostring(picture, encoding="utf-8", xml_declaration=True)
    return drawn


def _records(theme: str, paces: Sequence[RunPace]) -> Any:
    chart = pygal.StackedBar(**_options(theme), show_legend=True, legend_at_bottom=True, legend_box_size=10)
    chart.value_formatter = number
    chart.x_labels = _times(paces)
    chart.add(_("ERP to CRM"), [pace.pulled for pace in paces])
    chart.add(_("CRM to ERP"), [pace.pushed for pace in paces])
    return chart


def _durations(theme: str, paces: Sequence[RunPace]) -> Any:
    chart = pygal.Bar(**_options(theme, neutral=True), show_legend=False)
    chart.value_formatter = lambda seconds: str(_("%(seconds)s s", seconds=number(round(seconds, 1))))
    chart.x_labels = _times(paces)
    chart.add(_("Duration"), [round(pace.seconds, 2) for pace in paces])
    return chart


def _lags(theme: str, lags: Sequence[Lag]) -> Any:
    chart = pygal.HorizontalStackedBar(
        **_options(theme), show_legend=True, legend_at_bottom=True, legend_box_size=10, min_scale=3, max_scale=7
    )
    size, words = _unit(max((lag.seconds for lag in lags), default=0.0))
    chart.value_formatter = lambda value: words % number(round(value, 1))
    # a horizontal chart is drawn from the bottom up
    upwards = list(reversed(lags))
    chart.x_labels = [lag.label for lag in upwards]
    chart.add(_("ERP to CRM"), [0 if lag.to_erp else lag.seconds / size for lag in upwards])
    chart.add(_("CRM to ERP"), [lag.seconds / size if lag.to_erp else 0 for lag in upwards])
    return chart


def _times(paces: Sequence[RunPace]) -> list[str]:
    """Name the last run and some before it, so that the names do not run into each other."""
    return [
        format_datetime(pace.started_at, "d MMM, HH:mm") if (len(paces) - 1 - place) % _RUNS_PER_NAME == 0 else ""
        for place, pace in enumerate(paces)
    ]


def _unit(seconds: float) -> tuple[float, str]:
    """Return the unit of time that suits an axis: its length in seconds, and how a value in it is written."""
    units: list[tuple[float, str]] = [(86_400, _("%s d")), (3_600, _("%s h")), (60, _("%s min"))]
    return next((unit for unit in units if seconds >= 2 * unit[0]), (1.0, str(_("%s s"))))


def _options(theme: str, *, neutral: bool = False) -> dict[str, Any]:
    paper, ink, line, crm, erp = _COLOURS[theme]
    style = Style(
        background=paper,
        plot_background=paper,
        foreground=ink,
        foreground_strong=ink,
        foreground_subtle=ink,
        guide_stroke_color=line,
        major_guide_stroke_color=line,
        colors=(ink,) if neutral else (crm, erp),
        opacity="1",
        font_family=_FONT,
        label_font_size=12,
        major_label_font_size=12,
        legend_font_size=13,
    )
    return {
        "style": style,
        "js": [],
        "width": 480,
        "height": 220,
        "margin": 8,
        "margin_right": 48,
        "no_data_text": "",
        "x_label_rotation": 0,
        "truncate_label": -1,
        "show_minor_x_labels": True,
        "explicit_size": True,
    }
