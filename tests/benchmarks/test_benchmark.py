"""The benchmark itself: that it runs, counts only what is right, and tells the figures that the goals name."""

import json
import sqlite3
from dataclasses import asdict

import pytest

from benchmarks import table
from benchmarks.__main__ import measure
from benchmarks.children import EngineError
from benchmarks.customers import COLUMNS, changes, checksum, expected_rows, values_of
from benchmarks.engines.job import Report
from benchmarks.figures import Figure, Figures
from benchmarks.head_to_head import assert_content
from benchmarks.page import BEGIN, END, filled
from benchmarks.targets import content_of, sqlite_target


def report(seconds: float, megabytes: float = 50.0) -> Report:
    return Report(seconds, megabytes, {})


def test_a_round_with_few_records_gives_every_figure_of_an_engine_and_its_floor() -> None:
    figures, ratios = measure(100, 1, peer=None, postgres=None, parts=frozenset({"contest"}))
    found = {(each.figure, each.engine): each for each in figures.all()}
    assert {figure for figure, engine in found if engine == "tieline"} == {
        "first_import",
        "changed_1_percent",
        "poll",
        "reread",
    }
    assert found["first_import", "floor"].records == 100
    assert found["changed_1_percent", "tieline"].records == 1
    assert ratios.keys() >= {
        "first_import.sqlite.vs_floor",
        "changed_1_percent.sqlite.share",
        "poll.sqlite.milliseconds",
        "reread.sqlite.vs_first_import",
    }
    written = figures.details("poll", "tieline", "sqlite")["written"]
    assert written
    assert {"company", "pairing", "sync_log", "failed_record", "hub_outbox"}.isdisjoint(written)


def test_a_connector_behind_a_server_is_measured_beside_the_same_in_process() -> None:
    figures, ratios = measure(600, 1, peer=None, postgres=None, parts=frozenset({"remote"}))
    assert [(each.figure, each.engine, each.records) for each in figures.all()] == [
        ("reading", "in_process", 600),
        ("reading", "remote", 600),
    ]
    assert ratios["remote.vs_in_process"] > 0


def test_the_first_round_does_not_count_and_the_median_of_the_others_does() -> None:
    figures = Figures()
    for seconds in (90.0, 1.0, 4.0, 2.0):
        figures.add("first_import", "tieline", "sqlite", 1000, report(seconds, 50 + seconds))
    for seconds in (90.0, 6.0, 5.0, 7.0):
        figures.add("first_import", "dlt", "sqlite", 1000, report(seconds))
    tieline = figures.all()[0]
    assert (tieline.seconds, tieline.records_per_second, tieline.peak_rss_mb) == (2.0, 500.0, 54.0)
    assert figures.ratios() == {"first_import.sqlite.vs_dlt": 3.0}


def test_growth_of_memory_is_that_of_the_worse_database() -> None:
    figures = Figures()
    for database, small, large in (("sqlite", 100, 105), ("postgresql", 100, 120)):
        figures.add("memory", "tieline", database, 10, report(1, small))
        figures.add("memory", "tieline", database, 1000, report(1, large))
    assert figures.ratios()["memory.growth"] == 0.2


def test_one_customer_in_a_hundred_changes_and_only_in_some_fields() -> None:
    assert [number for number in range(300) if changes(number)] == [50, 150, 250]
    before, after = values_of(50), values_of(50, changed=True)
    assert {key for key in COLUMNS if before[key] != after[key]} == {"PHONE", "POSTALCITY", "CREDITLIMIT"}
    assert before == values_of(50)


def test_a_run_that_left_something_else_is_void(tmp_path) -> None:
    expected = checksum(expected_rows(20, changed=False))
    with sqlite_target(tmp_path) as url, sqlite3.connect(tmp_path / "target.db") as connection:
        connection.execute(f"CREATE TABLE customer ({', '.join(COLUMNS.values())})")
        credit = list(COLUMNS).index("CREDITLIMIT")
        rows = [(*row[:credit], str(row[credit]), *row[credit + 1 :]) for row in expected_rows(20, changed=False)]
        marks = ", ".join("?" * len(COLUMNS))
        connection.executemany(f"INSERT INTO customer VALUES ({marks})", reversed(rows))  # noqa: S608 -- only marks
        connection.commit()
        assert content_of(url, "customer") == expected
        connection.execute("UPDATE customer SET fax = '1' WHERE number = 'C0000003'")
        connection.commit()
        with pytest.raises(EngineError, match="the run is void"):
            assert_content(url, "customer", expected, "floor")


def test_the_json_has_the_keys_that_the_figures_are_read_by(tmp_path) -> None:
    figure = Figure("poll", "tieline", "sqlite", 0, 0.02, 0.0, 80.0)
    table.write(tmp_path / "figures.json", [figure], {"poll.sqlite.milliseconds": 20.0}, {"cores": 2})
    told = json.loads((tmp_path / "figures.json").read_text())
    assert told["figures"] == [asdict(figure)]
    assert told["ratios"] == {"poll.sqlite.milliseconds": 20.0}
    assert len({len(line) for line in table.lines([figure])}) == 1


def test_the_page_takes_figures_and_says_which_goals_are_met() -> None:
    told = {
        "about": {"records": 1000, "rounds": 2, "cores": 2, "versions": {"python": "3.11"}},
        "figures": [asdict(Figure("poll", "tieline", "sqlite", 0, 0.02, 0.0, 80.0))],
        "ratios": {
            "first_import.sqlite.vs_dlt": 4.5,
            "first_import.sqlite.vs_floor": 0.45,
            "changed_1_percent.sqlite.share": 0.05,
            "changed_1_percent.sqlite.seconds": 0.5,
            "memory.growth": 0.3,
        },
    }
    page = f"# Performance\n\n{BEGIN}\nold\n{END}\n\nrest\n"
    new = filled(page, told)
    assert filled(new, told) == new
    assert new.startswith("# Performance\n")
    assert new.endswith("\nrest\n")
    assert "old" not in new
    lines = {line.split(" | ")[0].strip("| "): line for line in new.splitlines() if line.startswith("| ")}
    assert lines["first import beside dlt, SQLite"].endswith("| goal |")
    assert lines["first import beside the floor, SQLite"].endswith("| must |")
    assert lines["1 % changed, as share of the first import, SQLite"].endswith("| must |")
    assert lines["growth of memory from the small to the large import"].endswith("| **not met** |")
    assert "not measured" in lines["first import beside dlt, PostgreSQL"]
