"""docs/performance.md names what there is, and takes figures from a file."""

import re
from pathlib import Path

from benchmarks.head_to_head import _OUR_ACTIONS
from benchmarks.page import BEGIN, END

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs" / "performance.md").read_text(encoding="utf-8")


def test_the_page_has_a_place_for_the_figures() -> None:
    assert PAGE.count(BEGIN) == PAGE.count(END) == 1
    assert PAGE.index(BEGIN) < PAGE.index(END)


def test_every_figure_is_explained_and_every_file_that_is_named_is_there() -> None:
    for figure in (*_OUR_ACTIONS, "push", "card_idle", "card_during_import", "memory", "reading"):
        assert re.search(rf"^\|.*\b{figure}\b", PAGE, re.MULTILINE), figure
    for path in re.findall(r"`((?:benchmarks|host|erp_links|sync_connectors)/[\w./-]+)`", PAGE):
        assert (CHECKOUT / path).exists(), path
