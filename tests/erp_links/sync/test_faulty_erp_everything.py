"""Two ERPs and the CRM, edited on all three sides, while everything that can go wrong goes wrong at random."""

import random
from collections.abc import Callable

import pytest
from sqlalchemy import update

from erp_links.attention.unclear import settle_as_made, settle_as_not_made
from erp_links.links.models import ErpLink
from tests.erp_links.sync.ledger_stage import IDA, LedgerStage

Stager = Callable[..., LedgerStage]

CUSTOMER = {
    "NAME": ("name", "both"),
    "EMAIL": ("email", "both"),
    "CITY": ("postal.city", "both"),
    "VATNO": ("vat_number", "both"),
    "CREDIT": ("credit_limit", "both"),
}
PERSON = {"LASTNAME": ("last_name", "both"), "EMAIL": ("email", "both")}
POINTS = ("page about to be committed", "page committed", "intents stored", "sent", "batch about to be committed")
KINDS = (
    ("status", {"status": 503}),
    ("status", {"status": 429, "retry_after": 2}),
    ("drop", {}),
    ("lost", {}),
    ("garbage", {}),
    ("forgotten", {}),
    ("nothing", {}),
    ("repeat", {}),
    ("shuffle", {}),
    ("overlap", {}),
    ("expired", {}),
    ("unreadable", {}),
    ("refuse", {}),
    ("swallow", {}),
)
ABILITIES = (
    ({"PageSize": "3"}, {"PageSize": "4", "Batch": "2", "ConditionalSave": "true"}),
    ({"Feed": "clock", "Paging": "false"}, {"Parallel": "3", "Batch": "2", "ClockTimes": "true"}),
    ({"Inclusive": "false", "Deletions": "false"}, {"PageSize": "2", "Feed": "clock", "Overlap": "5"}),
    ({"Reference": "false"}, {"Reference": "false", "Parallel": "2", "Batch": "3"}),
)
IDS = ("pages", "clock", "bare", "no reference")


class Life:
    """What people do on three sides, drawn from a seed."""

    def __init__(self, stage: LedgerStage, seed: int) -> None:
        self._stage = stage
        self._draw = random.Random(seed)
        self._count = 0
        self._hidden: set[tuple[int, str]] = set()

    def go_on(self) -> None:
        """Do a few things."""
        for _thing in range(4):
            self._count += 1
            self._draw.choice(
                (self._add_erp, self._edit_erp, self._edit_erp, self._add_hub, self._edit_hub, self._hide)
            )()

    def come_to_rest(self) -> None:
        """Show what was hidden."""
        for link, key in self._hidden:
            self._stage.ledgers[link].books.show("Customer", key)

    def _value(self) -> dict[str, str]:
        column = self._draw.choice(("NAME", "EMAIL", "CITY", "CREDIT"))
        return {column: str(self._count) if column == "CREDIT" else f"{column.lower()} {self._count}"}

    def _add_erp(self) -> None:
        books = self._stage.ledgers[self._draw.randrange(2)].books
        key = f"E{self._count}"
        books.put("Customer", key, {"NAME": f"Erp {self._count}", "VATNO": f"V{self._count}"})
        books.put("Person", f"{key}.1", {"LASTNAME": f"Berg {self._count}", "EMAIL": f"{key}@x.example"}, parent=key)

    def _edit_erp(self) -> None:
        books = self._stage.ledgers[self._draw.randrange(2)].books
        if books.tables["Customer"]:
            books.put("Customer", self._draw.choice(sorted(books.tables["Customer"])), self._value())

    def _add_hub(self) -> None:
        company = self._stage.add("company", name=f"Crm {self._count}", vat_number=f"V{self._count}")
        self._stage.add("person", last_name=f"Holm {self._count}", email=f"h{self._count}@x.example", company=company)

    def _edit_hub(self) -> None:
        records = sorted(self._stage.hub())
        if records:
            field = self._draw.choice(("name", "email", "postal__city"))
            self._stage.edit("company", self._draw.choice(records), **{field: f"{field} {self._count}"})

    def _hide(self) -> None:
        link = self._draw.randrange(2)
        books = self._stage.ledgers[link].books
        if self._hidden and self._draw.random() < 0.5:
            link, key = self._hidden.pop()
            self._stage.ledgers[link].books.show("Customer", key)
        elif paired := self._stage.pairings(link):
            # one that is hidden while nobody knows whether it was made is made again: no look-up could find it
            key = self._draw.choice(sorted(paired))
            books.hide("Customer", key)
            self._hidden.add((link, key))


def die_and_go_on(stage: LedgerStage, link: int, draw: random.Random) -> None:
    """Let a worker die at one of the points of its run, if it comes there, and another one go on with the run."""
    stage.request(link)
    if stage.die_at(draw.choice(POINTS), draw.randint(1, 3)):
        stage.let_leases_expire()
        assert stage.work()


def say_what_is_unclear(stage: LedgerStage) -> None:
    """Look into the ERP for each create of which nobody knows, as a person does, and say whether it was done."""
    for link, ledger in enumerate(stage.ledgers):
        stage.run(link)  # first what can be found out without a person
        for intent in stage.intents(link):
            paired = stage.pairings(link, intent.actor_type)
            column = {"Customer": "VATNO", "Person": "EMAIL"}[intent.actor_type]
            found = [
                key
                for key, record in ledger.books.tables[intent.actor_type].items()
                if key not in paired and record.values.get(column) == intent.erp_values.get(column)
            ]
            if found:
                settle_as_made(stage.runtime, intent.id, found[0], IDA)
            else:
                with stage.database.writing() as session:
                    settle_as_not_made(session, intent.id, IDA)


def live(stage: LedgerStage, seed: int, turns: int, *, deaths: float = 0.0) -> None:
    for link in (0, 1):
        how = {"unpaired_pull": "create", "unpaired_push": "create"}
        stage.map(link, "Customer", CUSTOMER, match=("vat_number",), **how)
        stage.map(link, "Person", PERSON, match=("email",), **how)
        for place, (kind, options) in enumerate(KINDS):
            stage.ledgers[link].faults.on(kind, probability=0.03, seed=seed * 1000 + link * 100 + place, **options)
    stage.rank(*random.Random(seed).sample([0, "crm", 1], 3))
    life, draw = Life(stage, seed), random.Random(seed)
    for _turn in range(turns):
        life.go_on()
        if draw.random() < deaths:
            die_and_go_on(stage, draw.randrange(2), draw)
        else:
            stage.run(draw.randrange(2))
        with stage.database.writing() as session:
            session.execute(update(ErpLink).values(paused_reason=None))
    life.come_to_rest()
    for ledger in stage.ledgers:
        ledger.faults.off()
    say_what_is_unclear(stage)
    stage.let_retries_come_due()
    stage.run_until_quiet(limit=2)
    stage.assert_equal_everywhere()
    stage.assert_none_lost_or_doubled()
    assert stage.intents(0) == stage.intents(1) == []
    names = [len(ledger.books.tables["Customer"]) for ledger in stage.ledgers]
    assert names == [len(stage.hub())] * 2


@pytest.mark.parametrize("able", ABILITIES, ids=IDS)
def test_all_three_sides_end_equal(sqlite_ledgers: Stager, able: tuple[dict[str, str], dict[str, str]]) -> None:
    live(sqlite_ledgers(*able), 1, 12)


@pytest.mark.long
@pytest.mark.parametrize("able", ABILITIES, ids=IDS)
@pytest.mark.parametrize("seed", range(2, 12))
def test_all_three_sides_end_equal_whatever_happens(
    ledgers: Stager, able: tuple[dict[str, str], dict[str, str]], seed: int
) -> None:
    live(ledgers(*able), seed, 25)


@pytest.mark.long
@pytest.mark.parametrize("able", ABILITIES, ids=IDS)
@pytest.mark.parametrize("seed", range(20, 25))
def test_all_three_sides_end_equal_although_workers_die(
    ledgers: Stager, able: tuple[dict[str, str], dict[str, str]], seed: int
) -> None:
    live(ledgers(*able), seed, 25, deaths=0.5)
