"""Records that an ERP reports as deleted, and that come back."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from erp_links.attention.disconnecting import disconnect, lift
from erp_links.sync.models import FailedRecord
from tests.erp_links.sync.ledger_stage import LedgerStage
from tests.erp_links.sync.stage import IDA

Stager = Callable[..., LedgerStage]

CUSTOMER = {"NAME": ("name", "to_crm"), "CUSTNO": ("number", "to_crm"), "CREDIT": ("credit_limit", "to_crm")}


def fill(stage: LedgerStage) -> None:
    stage.map(0, "Customer", CUSTOMER)
    for number in range(1, 8):
        stage.ledgers[0].books.put("Customer", f"C{number}", {"NAME": f"Alfa {number}", "CREDIT": f"{number}.50"})


@pytest.mark.parametrize("by", ["version", "clock"])
@pytest.mark.parametrize("same", [True, False])
def test_records_that_are_deleted_and_come_back_end_as_paired(sqlite_ledgers: Stager, by: str, same: bool) -> None:
    stage = sqlite_ledgers({"PageSize": "3", "Feed": by})
    fill(stage)
    stage.run_until_quiet()
    ids = set(stage.hub())
    books = stage.ledgers[0].books
    held = {key: dict(books.tables["Customer"][key].values) for key in ("C1", "C2")}
    for key, values in held.items():
        books.remove("Customer", key)
        books.put("Customer", key, values if same else {**values, "NAME": f"{key} is back"})
    books.remove("Customer", "C3")
    stage.run()
    assert {key: each.state for key, each in stage.pairings().items() if each.state != "paired"} == {"C3": "gone"}
    stage.run_until_quiet()
    stage.assert_equal_everywhere()
    assert set(stage.hub()) == ids
    # back after it was known to be gone
    books.put("Customer", "C3", {"NAME": "Alfa 3", "CREDIT": "3.50"})
    stage.run_until_quiet()
    assert {each.state for each in stage.pairings().values()} == {"paired"}
    stage.assert_equal_everywhere()
    assert set(stage.hub()) == ids


def test_what_a_person_asks_for_and_the_erp_has_deleted_long_ago_does_not_wait(sqlite_ledgers: Stager) -> None:
    stage = sqlite_ledgers({})
    fill(stage)
    stage.run_until_quiet()
    pairing = stage.pairings()["C1"]
    with stage.database.writing() as session:
        disconnect(session, pairing.id, IDA)
    stage.ledgers[0].books.remove("Customer", "C1")
    stage.run()
    with stage.database.writing() as session:
        lift(session, pairing.id, IDA)
    stage.run()
    with stage.database.reading() as session:
        assert session.scalars(select(FailedRecord)).all() == []
    assert "C1" not in stage.pairings()
