"""What the figures are to be, and whether they are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Ratios = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Goal:
    """One line of the table of goals.

    Attributes:
        name: What is measured.
        key: Its key among the ratios.
        must: The bound that has to be kept, in words; `goal` the one that is aimed at.
        keeps_must: Whether a measured value keeps it; likewise `keeps_goal`.
    """

    name: str
    key: str
    must: str
    goal: str
    keeps_must: Callable[[float, Ratios], bool]
    keeps_goal: Callable[[float, Ratios], bool]


def _at_least(name: str, key: str, must: float, goal: float, unit: str = "") -> Goal:
    return Goal(
        name,
        key,
        f"≥ {must:g}{unit}",
        f"≥ {goal:g}{unit}",
        lambda value, _ratios: value >= must,
        lambda value, _ratios: value >= goal,
    )


def _at_most(name: str, key: str, must: float, goal: float, unit: str = "") -> Goal:
    return Goal(
        name,
        key,
        f"≤ {must:g}{unit}",
        f"≤ {goal:g}{unit}",
        lambda value, _ratios: value <= must,
        lambda value, _ratios: value <= goal,
    )


def _share(database: str, words: str) -> Goal:
    """Return the goal of the changed records: a share of the first import and a fixed time on top of it."""
    seconds, share = f"changed_1_percent.{database}.seconds", f"changed_1_percent.{database}.share"

    def keeps(part: float, more: float) -> Callable[[float, Ratios], bool]:
        def kept(value: float, ratios: Ratios) -> bool:
            whole = ratios[seconds] / ratios[share] if ratios.get(share) else 0.0
            return value * whole <= part * whole + more

        return kept

    return Goal(
        f"1 % changed, as share of the first import, {words}",
        share,
        "≤ 3 % + 0.2 s",
        "≤ 1.5 % + 0.1 s",
        keeps(0.03, 0.2),
        keeps(0.015, 0.1),
    )


def _only_aimed_at(name: str, key: str, goal: float) -> Goal:
    return Goal(name, key, "", f"≤ {goal:g}", lambda _value, _ratios: True, lambda value, _ratios: value <= goal)


def _of_database(
    database: str, words: str, beside_dlt: tuple[float, float], beside_floor: tuple[float, float]
) -> list[Goal]:
    first, poll = f"first_import.{database}", f"poll.{database}"
    return [
        _at_least(f"first import beside dlt, {words}", f"{first}.vs_dlt", *beside_dlt),
        _at_least(f"first import beside the floor, {words}", f"{first}.vs_floor", *beside_floor),
        _share(database, words),
        _at_most(f"nothing changed: data rows written, {words}", f"{poll}.data_rows", 0, 0),
        _only_aimed_at(f"nothing changed: statements of bookkeeping, {words}", f"{poll}.statements", 2),
        _only_aimed_at(f"nothing changed: milliseconds, {words}", f"{poll}.milliseconds", 50),
        _at_least(
            f"everything re-read beside the first import, {words}", f"reread.{database}.vs_first_import", 1.2, 1.5
        ),
        _at_least(f"push of 1 %, share of what is permitted, {words}", f"push.{database}.share_of_permitted", 0.8, 0.9),
        _at_most(f"p95 of a company's card during an import, {words}", f"card_p95.{database}.ratio", 3, 1.5),
        _at_most(f"peak memory of a large import in MB, {words}", f"memory.{database}.peak_mb", 160, 120),
    ]


GOALS = (
    *_of_database("sqlite", "SQLite", (2.5, 4), (0.4, 0.5)),
    *_of_database("postgresql", "PostgreSQL", (2, 3), (0.3, 0.4)),
    _at_least("connector behind a server beside the same in process", "remote.vs_in_process", 0.8, 1),
    _at_most("growth of memory from the small to the large import", "memory.growth", 0.1, 0.1),
)


def lines(ratios: Ratios) -> list[str]:
    """Return the goals beside what was measured, as a table of Markdown; what was not measured says so."""
    table = ["| | measured | must | goal | |", "|---|--:|--:|--:|---|"]
    for goal in GOALS:
        value = ratios.get(goal.key)
        if value is None:
            table.append(f"| {goal.name} | not measured | {goal.must} | {goal.goal} | |")
            continue
        words = (
            "goal" if goal.keeps_goal(value, ratios) else "must" if goal.keeps_must(value, ratios) else "**not met**"
        )
        must = "" if goal.must in {"≤ 1000", "≤ 1e+09"} else goal.must
        table.append(f"| {goal.name} | {value:.3g} | {must} | {goal.goal} | {words} |")
    return table
