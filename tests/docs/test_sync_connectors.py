"""docs/sync-connectors.md names every outcome of asking a URL, every form of one, and the times of the code."""

import re
from datetime import timedelta
from pathlib import Path

from sync_connectors.guarding import halting
from sync_connectors.probing import Outcome
from sync_connectors.registered import declaring
from sync_connectors.urls import _READERS

PAGE = (Path(__file__).parents[2] / "docs" / "sync-connectors.md").read_text(encoding="utf-8")


def test_each_outcome_has_its_row():
    assert re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE) == [str(outcome) for outcome in Outcome]


def test_each_form_of_a_url_is_explained():
    assert {scheme for scheme in _READERS if f"`{scheme}:" not in PAGE} == set()


def test_the_times_are_those_of_the_code():
    times = (declaring._LEFT_ALONE, declaring._ASKED_AGAIN, timedelta(seconds=halting.GRACE_SECONDS))
    assert times == (timedelta(minutes=10), timedelta(hours=1), timedelta(seconds=5))
    for words in ("every ten minutes", "every hour", "five seconds"):
        assert words in PAGE.replace("\n", " ")
