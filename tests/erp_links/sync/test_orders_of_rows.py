"""Two ERPs and the CRM on the lines of one order: each line goes its own way, whatever the order of runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count, permutations
from typing import Any

import pytest
from hypothesis import Phase, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from tests.erp_links.sync.evidence import assert_log_tells, held, last_log_id, run_until_quiet
from tests.erp_links.sync.ledger_stage import LedgerStage, Mapped

Side = int | str
SIDES: tuple[Side, ...] = ("crm", 0, 1)
ORDERS = ((0, 1), (1, 0))

CUSTOMER: Mapped = {"NAME": ("name", "both"), "VATNO": ("vat_number", "both")}
LINES: Mapping[str, str] = {"PRODUCT": "item_number", "QUANTITY": "quantity"}
ORDER: Mapped = {"YOURREF": ("your_reference", "both"), "LINES": ("lines", "both", LINES)}

Line = tuple[str, Decimal]
"""Number of the product, by which people know a line, and the quantity."""

Wishes = Mapping[str, Mapping[Side, int | None]]
"""Product → side → the quantity that people there give it; None takes the line out."""


@dataclass
class Orders:
    """Orders of one customer that all three sides have, each with the lines P1 and P2 of one piece."""

    stage: LedgerStage

    def __post_init__(self) -> None:
        self.numbers = count(1)
        for link, ledger in enumerate(self.stage.ledgers):
            self.stage.map(link, "Customer", CUSTOMER, match=["vat_number"])
            self.stage.map(link, "SalesOrder", ORDER, match=["your_reference"])
            ledger.books.put("Customer", "C1", {"NAME": "Alfa", "VATNO": "V1"})

    def made(self) -> str:
        """Return the reference of a new order that is paired on both links and settled."""
        name = f"R{next(self.numbers)}"
        for ledger in self.stage.ledgers:
            lines = {key: {"PRODUCT": product, "QUANTITY": "1.000"} for key, product in (("10", "P1"), ("20", "P2"))}
            ledger.books.put("SalesOrder", name, {"YOURREF": name, "LINES": lines}, "C1")
        self.stage.run_all()
        return name

    def wish(self, name: str, side: Side, quantities: Mapping[str, int | None]) -> None:
        """Let people of a side set quantities of lines by product; one that is not there is added at the end."""
        if side == "crm":
            record = self.stage.find("sales_order", your_reference=name)
            present: Any = record.values["lines"] or {}
            rows = _changed(present, "item_number", "quantity", quantities, Decimal)
            self.stage.edit("sales_order", record.id, lines=rows)
            return
        books = self.stage.ledgers[int(side)].books
        held_lines = books.value("SalesOrder", name, "LINES")
        there = {line["key"]: line["values"] for line in held_lines}
        rows = _changed(there, "PRODUCT", "QUANTITY", quantities, lambda number: f"{number}.000")
        books.put("SalesOrder", name, {"LINES": rows})

    def found(self, name: str) -> dict[Side, list[Line]]:
        """Return the lines that each side has."""
        record = self.stage.find("sales_order", your_reference=name)
        rows: Any = record.values["lines"]
        found: dict[Side, list[Line]] = {"crm": sorted((row["item_number"], row["quantity"]) for row in rows.values())}
        for link, ledger in enumerate(self.stage.ledgers):
            lines = ledger.books.value("SalesOrder", name, "LINES")
            found[link] = sorted(
                (line["values"]["PRODUCT"], Decimal(line["values"]["QUANTITY"]).normalize()) for line in lines
            )
        return found


def _changed(
    rows: Mapping[str, Mapping[str, Any]], product: str, quantity: str, wishes: Mapping[str, int | None], form: Any
) -> dict[str, dict[str, Any]]:
    changed = {key: dict(row) for key, row in rows.items()}
    # lines that go leave their key to nobody, as if the new ones had been added before
    for name, number in sorted(wishes.items(), key=lambda wish: wish[1] is None):
        key = next((key for key, row in changed.items() if row[product] == name), None)
        if number is None and key is not None:
            del changed[key]
        elif number is not None:
            # as both ERPs count their lines, and as the pages of the hub do
            key = key or str(max((int(each) for each in changed), default=0) + 10)
            changed[key] = {**changed.get(key, {}), product: name, quantity: form(number)}
    return changed


def expected(ranking: Sequence[Side], wishes: Wishes) -> list[Line]:
    """Return the lines that all sides have in the end: each as its highest ranked editor wants it."""
    lines: dict[str, int | None] = {"P1": 1, "P2": 1}
    for product, by_side in wishes.items():
        lines[product] = next(by_side[side] for side in ranking if side in by_side)
    return sorted((product, Decimal(number)) for product, number in lines.items() if number is not None)


def check(orders: Orders, ranking: Sequence[Side], order: Sequence[int], wishes: Wishes) -> None:
    name = orders.made()
    orders.stage.rank(*ranking)
    for side in SIDES:
        quantities = {product: by_side[side] for product, by_side in wishes.items() if side in by_side}
        if quantities:
            orders.wish(name, side, quantities)
    start, mark = held(orders.stage), last_log_id(orders.stage)
    run_until_quiet(orders.stage, [order])
    assert orders.found(name) == dict.fromkeys(SIDES, expected(ranking, wishes))
    assert_log_tells(orders.stage, start, mark)


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_new_lines_of_all_sides_are_kept_though_each_counts_them_alike(
    sqlite_two_erps: LedgerStage, order: Sequence[int]
) -> None:
    check(Orders(sqlite_two_erps), SIDES, order, {"P3": {0: 3}, "P4": {1: 4}, "P5": {"crm": 5}})


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_a_line_is_ranked_by_who_changed_it_and_not_by_who_changed_another(
    sqlite_two_erps: LedgerStage, order: Sequence[int]
) -> None:
    check(Orders(sqlite_two_erps), ("crm", 1, 0), order, {"P1": {"crm": 5, 1: 6}, "P2": {0: 7}})


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("agreed", [None, 5], ids=["deleted", "changed"])
def test_two_editors_who_wish_the_same_of_a_line(
    two_erps: LedgerStage, agreed: int | None, order: Sequence[int]
) -> None:
    check(Orders(two_erps), (0, 1, "crm"), order, {"P1": {"crm": agreed, 0: agreed, 1: 4}})


NEW: Mapping[str, Side] = {"P3": 0, "P4": 1, "P5": "crm"}
"""Lines that only one side adds."""


def all_wishes() -> st.SearchStrategy[Wishes]:
    quantity = st.one_of(st.none(), st.integers(2, 5))
    of_all: st.SearchStrategy[Any] = st.dictionaries(st.sampled_from(SIDES), quantity, min_size=1)
    new: dict[str, st.SearchStrategy[Any]] = {product: st.just({side: 9}) for product, side in NEW.items()}
    return st.fixed_dictionaries({}, optional={"P1": of_all, "P2": of_all, **new})


@pytest.mark.parametrize("examples", [pytest.param(5, id="some"), pytest.param(200, id="many", marks=pytest.mark.long)])
def test_lines_end_as_their_highest_ranked_editors_want_them(sqlite_two_erps: LedgerStage, examples: int) -> None:
    orders = Orders(sqlite_two_erps)

    @profile(max_examples=examples, phases=(Phase.explicit, Phase.generate))
    @given(st.sampled_from(list(permutations(SIDES))), st.sampled_from(ORDERS), all_wishes())
    def run(ranking: Sequence[Side], order: Sequence[int], wishes: Wishes) -> None:
        check(orders, ranking, order, wishes)

    run()
