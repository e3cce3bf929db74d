"""Two ERPs and the CRM on one company: one and the same result, whoever edited it and in whatever order links run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, count, islice, permutations, product

import pytest
from hypothesis import Phase, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from host.crm.values import CrmValue
from tests.erp_links.sync.conftest import Stager
from tests.erp_links.sync.evidence import assert_log_tells, held, last_log_id, run_until_quiet
from tests.erp_links.sync.ledger_stage import LedgerStage, Mapped

Side = int | str
"""The place of a link, or "crm"."""

SIDES: tuple[Side, ...] = ("crm", 0, 1)
RANKINGS = tuple(permutations(SIDES))
EDITORS = tuple(group for size in (1, 2, 3) for group in combinations(SIDES, size))
ROUNDS = (((0, 1), (0, 1)), ((1, 0), (1, 0)))
"""The order of the links in the first round and in those that follow."""

UNSHRUNK = (Phase.explicit, Phase.generate)
"""A failing example is small as it is, and each try of a smaller one takes a dozen runs."""

FEW = profile(max_examples=4, phases=UNSHRUNK)
MANY = profile(max_examples=250, derandomize=False, phases=UNSHRUNK)

MAPPED: Mapped = {
    "NAME": ("name", "both"),
    "VATNO": ("vat_number", "to_crm"),
    "PHONE": ("phone", "both"),
    "CREDIT": ("credit_limit", "both"),
    "COUNTRY": ("country", "both"),
    "NOTE": ("description", "both"),
}
# ERP column → the values that it may have, each in the form of the hub; the name must not be blank
VALUES: dict[str, tuple[CrmValue, ...]] = {
    "NAME": ("Alfa", "Beta", "Gamma", "Delta"),
    "PHONE": ("+45 1", "+45 2", "+45 3", None),
    "CREDIT": (Decimal("1.00"), Decimal("20.50"), Decimal("-3.00"), None),
    "COUNTRY": ("DK", "NO", "SE", None),
}

Edits = Mapping[Side, CrmValue]


@dataclass
class Company:
    """A company that all three sides have; `key` is that of both ERPs."""

    key: str
    id: int


class Trial:
    """Companies on two ERPs and in the CRM, edited by people on all sides."""

    def __init__(
        self, stage: LedgerStage, mapped: Sequence[Mapped] = (MAPPED, MAPPED), policy: str = "priority"
    ) -> None:
        self.stage = stage
        self.numbers = count(1)
        for link, fields in enumerate(mapped):
            stage.map(link, "Customer", fields, unpaired_pull="create", match=["vat_number"], policy=policy)

    def new_keys(self, number: int) -> list[str]:
        return [f"C{place}" for place in islice(self.numbers, number)]

    def put(self, key: str, link: int, values: Mapping[str, CrmValue]) -> None:
        self.stage.ledgers[link].books.put("Customer", key, {**values, "VATNO": f"VAT {key}"})

    def known(self, keys: Sequence[str]) -> list[Company]:
        """Return the companies that the hub has with these VAT numbers."""
        ids = {str(record.values["vat_number"]): record_id for record_id, record in self.stage.hub().items()}
        return [Company(key, ids[f"VAT {key}"]) for key in keys]

    def companies_of(self, number: int, values: Mapping[str, CrmValue]) -> list[Company]:
        """Return as many new companies, paired on both links and settled with these values."""
        keys = self.new_keys(number)
        for key, link in product(keys, (0, 1)):
            self.put(key, link, values)
        for link in (0, 1, 0):
            self.stage.run(link)
        return self.known(keys)

    def edit(self, company: Company, column: str, edits: Edits) -> None:
        for side, value in edits.items():
            if side == "crm":
                self.stage.edit("company", company.id, **{MAPPED[column][0]: value})
            else:
                self.stage.ledgers[int(side)].books.put("Customer", company.key, {column: value})

    def found(self, company: Company, column: str) -> dict[Side, CrmValue]:
        """Return what the three sides have, in the form of the hub."""
        erps = [ledger.books.value("Customer", company.key, column) for ledger in self.stage.ledgers]
        if column == "CREDIT":
            erps = [None if value is None else Decimal(value) for value in erps]
        return {"crm": self.stage.hub()[company.id].values[MAPPED[column][0]], 0: erps[0] or None, 1: erps[1] or None}

    def settle(self, rounds: Sequence[Sequence[int]]) -> None:
        """Run until nothing changes any more; the log must lead there from what the sides held."""
        start, mark = held(self.stage), last_log_id(self.stage)
        run_until_quiet(self.stage, rounds)
        assert_log_tells(self.stage, start, mark)


def winner(ranking: Sequence[Side], edits: Edits) -> CrmValue:
    """Return the value of the highest ranked editor."""
    return edits[next(side for side in ranking if side in edits)]


@pytest.mark.parametrize("ranking", RANKINGS, ids=lambda ranking: " > ".join(map(str, ranking)))
def test_all_editors_in_all_orders_of_runs(sqlite_two_erps: LedgerStage, ranking: Sequence[Side]) -> None:
    trial = Trial(sqlite_two_erps)
    companies = trial.companies_of(len(EDITORS), {"NAME": "Alfa"})
    trial.stage.rank(*ranking)
    for number, rounds in enumerate(ROUNDS):
        expected = {}
        for company, editors in zip(companies, EDITORS, strict=True):
            edits: Edits = {side: f"{company.key} {number} by {side}" for side in editors}
            trial.edit(company, "NAME", edits)
            expected[company.key] = winner(ranking, edits)
        trial.settle(rounds)
        found = {company.key: set(trial.found(company, "NAME").values()) for company in companies}
        assert found == {key: {value} for key, value in expected.items()}, rounds


@dataclass(frozen=True)
class Plan:
    """Who edits what, and how the links run: per company {column: edits}."""

    ranking: Sequence[Side]
    rounds: Sequence[Sequence[int]]
    edits: Sequence[Mapping[str, Edits]]


def edits_of(column: str, editors: Sequence[Side] = SIDES) -> st.SearchStrategy[Edits]:
    """Return edits by some of the editors, who may think of the same value."""
    return st.dictionaries(st.sampled_from(editors), st.sampled_from(VALUES[column][1:]), max_size=3)


def plans(columns: Sequence[str] = tuple(VALUES), editors: Sequence[Side] = SIDES) -> st.SearchStrategy[Plan]:
    return st.builds(
        Plan,
        ranking=st.sampled_from(RANKINGS),
        rounds=st.lists(st.sampled_from([(0,), (1,), (0, 1), (1, 0)]), max_size=3).map(lambda some: [*some, (1, 0)]),
        edits=st.lists(
            st.fixed_dictionaries({}, optional={column: edits_of(column, editors) for column in columns}),
            min_size=1,
            max_size=4,
        ),
    )


def carried_out(trial: Trial, plan: Plan) -> list[Company]:
    """Let people edit what the plan says, and the links run as it says; return the companies."""
    companies = trial.companies_of(len(plan.edits), {column: values[0] for column, values in VALUES.items()})
    trial.stage.rank(*plan.ranking)
    for company, edits in zip(companies, plan.edits, strict=True):
        for column, by_side in edits.items():
            trial.edit(company, column, by_side)
    trial.settle(plan.rounds)
    return companies


def check_that_the_highest_ranked_editor_wins(trial: Trial, plan: Plan) -> None:
    for company, edits in zip(carried_out(trial, plan), plan.edits, strict=True):
        for column, values in VALUES.items():
            by_side = edits.get(column)
            expected = winner(plan.ranking, by_side) if by_side else values[0]
            assert trial.found(company, column) == dict.fromkeys(SIDES, expected), (company, column)


def test_any_edits_in_any_order_of_runs(sqlite_two_erps: LedgerStage) -> None:
    trial = Trial(sqlite_two_erps)

    @FEW
    @given(plans())
    def check(plan: Plan) -> None:
        check_that_the_highest_ranked_editor_wins(trial, plan)

    check()


@pytest.mark.long
def test_many_edits_in_many_orders_of_runs(two_erps: LedgerStage) -> None:
    trial = Trial(two_erps)

    @MANY
    @given(plans())
    def check(plan: Plan) -> None:
        check_that_the_highest_ranked_editor_wins(trial, plan)

    check()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=str)
def test_two_editors_who_think_of_the_same_value(sqlite_two_erps: LedgerStage, order: Sequence[int]) -> None:
    edits: Edits = {"crm": "+45 2", 1: "+45 2", 0: "+45 3"}
    check_that_the_highest_ranked_editor_wins(Trial(sqlite_two_erps), Plan((1, 0, "crm"), [order], [{"PHONE": edits}]))


def check_one_way_to_the_crm(trial: Trial, plan: Plan) -> None:
    """ERP 0 only tells: its edit counts whatever its rank, and the others' edits do not come to it."""
    for company, edits in zip(carried_out(trial, plan), plan.edits, strict=True):
        by_side = edits.get("PHONE", {})
        found = trial.found(company, "PHONE")
        assert found["crm"] == found[1]
        assert found[0] == by_side.get(0, VALUES["PHONE"][0])
        if 0 not in by_side:
            assert found["crm"] == (winner(plan.ranking, by_side) if by_side else VALUES["PHONE"][0])
        elif 1 not in by_side or plan.ranking.index(0) < plan.ranking.index(1):
            assert found["crm"] == by_side[0]
        else:
            # a stronger ERP may write after it or before it
            assert found["crm"] in {by_side[0], by_side[1]}


def check_one_way_to_the_erp(trial: Trial, plan: Plan) -> None:
    """ERP 0 is only told: its own edits count for nothing, and stay until the CRM has something new for it."""
    for company, edits in zip(carried_out(trial, plan), plan.edits, strict=True):
        by_side = edits.get("PHONE", {})
        found = trial.found(company, "PHONE")
        others = {side: value for side, value in by_side.items() if side != 0}
        expected = winner(plan.ranking, others) if others else VALUES["PHONE"][0]
        assert (found["crm"], found[1]) == (expected, expected)
        assert found[0] == (expected if others else by_side.get(0, VALUES["PHONE"][0]))


ONE_WAY = {"to_crm": check_one_way_to_the_crm, "to_erp": check_one_way_to_the_erp}


@pytest.mark.parametrize("direction", ONE_WAY)
def test_a_field_that_goes_one_way_on_one_link(sqlite_two_erps: LedgerStage, direction: str) -> None:
    trial = Trial(sqlite_two_erps, ({**MAPPED, "PHONE": ("phone", direction)}, MAPPED))

    @FEW
    @given(plans(["PHONE"]))
    def check(plan: Plan) -> None:
        ONE_WAY[direction](trial, plan)

    check()


@pytest.mark.parametrize(("policy", "wins"), [("crm", "crm"), ("erp", 1)])
def test_a_policy_that_names_the_side_lets_no_rank_count(sqlite_two_erps: LedgerStage, policy: str, wins: Side) -> None:
    trial = Trial(sqlite_two_erps, policy=policy)
    rankings: tuple[Sequence[Side], ...] = (("crm", 0, 1), (1, 0, "crm"))
    for ranking, order in product(rankings, ((0, 1), (1, 0))):
        edits: Edits = {"crm": f"{order} {ranking[0]} c", 1: f"{order} {ranking[0]} e"}
        (company,) = trial.companies_of(1, {"NAME": "Alfa"})
        trial.stage.rank(*ranking)
        trial.edit(company, "NAME", edits)
        trial.settle([order])
        assert trial.found(company, "NAME") == dict.fromkeys(SIDES, edits[wins])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=str)
def test_the_newest_edit_wins_where_both_erps_tell_their_times(sqlite_ledgers: Stager, order: Sequence[int]) -> None:
    trial = Trial(sqlite_ledgers({"ClockTimes": "true"}, {"ClockTimes": "true"}), policy="newest")
    in_time = [*permutations(SIDES), *permutations(SIDES, 2)]
    companies = trial.companies_of(len(in_time), {"NAME": "Alfa"})
    for company, sides in zip(companies, in_time, strict=True):
        for side in sides:
            trial.edit(company, "NAME", {side: f"{company.key} by {side}"})
    trial.settle([order])
    for company, sides in zip(companies, in_time, strict=True):
        assert trial.found(company, "NAME") == dict.fromkeys(SIDES, f"{company.key} by {sides[-1]}"), sides


@dataclass(frozen=True)
class Unpaired:
    """What each side has of companies that nobody has paired yet: per company {side: {column: value}}."""

    ranking: Sequence[Side]
    order: Sequence[int]
    companies: Sequence[Mapping[Side, Mapping[str, CrmValue]]]


def unpaired(sides: Sequence[Side]) -> st.SearchStrategy[Unpaired]:
    values = st.fixed_dictionaries({column: st.sampled_from(some) for column, some in VALUES.items()})
    return st.builds(
        Unpaired,
        ranking=st.sampled_from(RANKINGS),
        order=st.sampled_from(((0, 1), (1, 0))),
        companies=st.lists(st.fixed_dictionaries(dict.fromkeys(sides, values)), min_size=1, max_size=4),
    )


@pytest.mark.parametrize("sides", [SIDES, (0, 1)], ids=str)
def test_records_that_are_paired_by_match_fields(sqlite_two_erps: LedgerStage, sides: Sequence[Side]) -> None:
    """Nothing was settled before, so the rank decides; what one side has fills what is blank on the others."""
    trial = Trial(sqlite_two_erps)

    @FEW
    @given(unpaired(sides))
    def check(plan: Unpaired) -> None:
        keys = trial.new_keys(len(plan.companies))
        trial.stage.rank(*plan.ranking)
        for key, by_side in zip(keys, plan.companies, strict=True):
            for side, values in by_side.items():
                if side == "crm":
                    fields = {MAPPED[column][0]: value for column, value in values.items()}
                    trial.stage.add("company", vat_number=f"VAT {key}", **fields)
                else:
                    trial.put(key, int(side), values)
        trial.settle([plan.order])
        for company, by_side in zip(trial.known(keys), plan.companies, strict=True):
            for column in VALUES:
                ranked = [by_side[side][column] for side in plan.ranking if side in by_side]
                expected = next((value for value in ranked if value is not None), None)
                assert trial.found(company, column) == dict.fromkeys(SIDES, expected), (company, column)

    check()


@pytest.mark.parametrize("value", ["+45 2", None])
@pytest.mark.parametrize("first", ["hub", "ERP"])
def test_whichever_way_pairs_a_record_fills_the_fields_that_go_to_the_erp_only(
    sqlite_ledgers: Stager, first: str, value: str | None
) -> None:
    stage = sqlite_ledgers({})
    mapped: Mapped = {"NAME": ("name", "both"), "VATNO": ("vat_number", "both"), "PHONE": ("phone", "to_erp")}
    stage.map(0, "Customer", mapped, unpaired_pull="pair", unpaired_push="pair", match=["vat_number"])
    for side in sorted(("hub", "ERP"), key=lambda side: side != first):
        if side == "hub":
            stage.add("company", name="Alfa", vat_number="V1", phone=value)
        else:
            stage.ledgers[0].books.put("Customer", "C1", {"NAME": "Alfa", "VATNO": "V1", "PHONE": "+45 1"})
        stage.run_until_quiet()
    assert stage.ledgers[0].books.value("Customer", "C1", "PHONE") == value
    (entry,) = stage.log("changed")
    assert (entry.target, entry.old, entry.new, entry.reason) == ("erp", "+45 1", value, "first_time_crm")


@pytest.mark.parametrize("names", [("Beta",), ("Beta", "Alfa")], ids=["changed", "changed and changed back"])
@pytest.mark.parametrize("maker", ["hub", "ERP"])
def test_a_field_that_was_never_settled_is_filled_whatever_brings_its_record_to_the_erp(
    sqlite_ledgers: Stager, maker: str, names: Sequence[str]
) -> None:
    stage = sqlite_ledgers({})
    mapped: Mapped = {"NAME": ("name", "both"), "VATNO": ("vat_number", "both"), "PHONE": ("phone", "to_erp")}
    stage.map(0, "Customer", mapped, unpaired_push="create", match=["vat_number"])
    stage.run()
    if maker == "hub":
        stage.add("company", name="Alfa", vat_number="V1")
    else:
        stage.ledgers[0].books.put("Customer", "C1", {"NAME": "Alfa", "VATNO": "V1"})
    stage.run_until_quiet()
    stage.ledgers[0].books.put("Customer", "C1", {"PHONE": "+45 1"})
    stage.run()
    assert stage.ledgers[0].books.value("Customer", "C1", "PHONE") == "+45 1"
    for name in names:
        stage.edit("company", stage.find("company", vat_number="V1").id, name=name)
    stage.run()
    assert stage.ledgers[0].books.value("Customer", "C1", "PHONE") is None
    told = [(entry.old, entry.new, entry.reason) for entry in stage.log("changed") if entry.erp_field == "PHONE"]
    assert told == [("+45 1", None, "first_time_crm")]
