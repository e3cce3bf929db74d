import os
import subprocess
import sys
import textwrap
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.styles import Font

from sync_connectors import Actor, ActorReference, ListKey, RejectedRecordError, Rows, UnavailableError


def _customer(**values):
    return Actor("Customer", "", {"NAME": "New Customer A/S", **values})


def test_a_created_record_gets_the_next_number_and_comes_back(session):
    created = session.create(
        _customer(
            CreditLimit=Decimal("1234.5"), COUNTRY=ListKey("DK"), Blocked=True, CustomerSince=date(2026, 1, 2), CustNo=5
        )
    )
    assert created.key == "10061"
    (again,) = session.get("Customer", ["10061"], ["CustNo", "NAME", "CreditLimit", "Blocked", "CustomerSince"]).actors
    assert again.values == {
        "CustNo": 10061,
        "NAME": "New Customer A/S",
        "CreditLimit": Decimal("1234.5"),
        "Blocked": True,
        "CustomerSince": date(2026, 1, 2),
    }
    assert created.timestamp == again.timestamp


def test_a_created_person_lies_under_its_parent(session):
    created = session.create(Actor("Person", "", {"LASTNAME": "Holm"}, parent=ActorReference("Customer", "10002")))
    assert created.parent == ActorReference("Customer", "10002")


def test_a_saved_person_is_moved_below_another_parent_and_stays_where_none_is_named(session):
    person = session.create(Actor("Person", "", {"LASTNAME": "Holm"}, parent=ActorReference("Customer", "10002")))
    other = ActorReference("Customer", "10001")
    (moved,) = session.save([Actor("Person", person.key, {}, person.timestamp, other)]).actors
    assert moved.parent == other
    (renamed,) = session.save([Actor("Person", person.key, {"LASTNAME": "Holmes"}, moved.timestamp)]).actors
    assert renamed.parent == other


def test_absent_fields_stay_and_blank_ones_are_cleared(session):
    before = session.get("Customer", ["10001"], ["NAME", "PHONE", "EMAIL"]).actors[0]
    saved = session.save([Actor("Customer", "10001", {"PHONE": None, "NAME": "Renamed"}, before.timestamp)])
    assert not saved.rejections
    after = session.get("Customer", ["10001"], ["NAME", "PHONE", "EMAIL"]).actors[0]
    assert after.values == {"NAME": "Renamed", "PHONE": None, "EMAIL": before.values["EMAIL"]}
    assert after.timestamp != before.timestamp


def test_a_stale_record_is_refused_and_the_others_are_saved(session, edit):
    stale, fresh = session.get("Customer", ["10001", "10002"], ["NAME"]).actors
    edit("Customers", "B2", "Changed by hand")
    saved = session.save(
        [
            Actor("Customer", stale.key, {"NAME": "Overwritten"}, stale.timestamp),
            Actor("Customer", fresh.key, {"NAME": "Fine"}, fresh.timestamp),
        ]
    )
    assert [(each.key, each.stale) for each in saved.rejections] == [("10001", True)]
    assert [each.key for each in saved.actors] == ["10002"]
    assert session.get("Customer", ["10001"], ["NAME"]).actors[0].values["NAME"] == "Changed by hand"


def test_refusals_name_the_field_and_change_nothing(session, workbook):
    before = workbook.read_bytes()
    with pytest.raises(RejectedRecordError) as without_name:
        session.create(Actor("Customer", "", {"NAME": ""}))
    with pytest.raises(RejectedRecordError) as too_long:
        session.create(_customer(PHONE="1" * 41))
    with pytest.raises(RejectedRecordError) as unknown:
        session.create(_customer(Nothing="x"))
    assert [each.value.field for each in (without_name, too_long, unknown)] == ["NAME", "PHONE", "Nothing"]
    assert session.save([Actor("Customer", "1", {"NAME": "x"})]).rejections[0].key == "1"
    assert workbook.read_bytes() == before


def test_formats_formulas_and_other_sheets_stay(session, workbook):
    book = load_workbook(workbook)
    book.create_sheet("Notes")["A1"] = "=1+1"
    book["Customers"]["B2"].font = Font(bold=True)
    book["Customers"]["B61"].font = Font(italic=True)
    book["Customers"].column_dimensions["B"].width = 44
    book.save(workbook)
    session.save([Actor("Customer", "10001", {"NAME": "Renamed"})])
    session.create(_customer())
    book = load_workbook(workbook)
    assert book["Notes"]["A1"].value == "=1+1"
    assert book["Customers"]["B2"].font.bold
    assert book["Customers"]["B62"].font.italic
    assert book["Customers"].column_dimensions["B"].width == 44


def test_text_that_looks_like_a_formula_stays_text(session, workbook):
    session.save([Actor("Customer", "10001", {"NAME": "=1+1"})])
    assert session.get("Customer", ["10001"], ["NAME"]).actors[0].values["NAME"] == "=1+1"
    assert load_workbook(workbook)["Customers"]["B2"].data_type == "s"


def test_lines_of_an_order_are_replaced_by_their_keys(session):
    lines = Rows(
        {"10": {"ItemNo": "A-0001", "Quantity": Decimal(2)}, "20": {"ItemNo": "A-0002", "Quantity": Decimal("1.5")}}
    )
    other = session.get("SalesOrder", ["900002"], ["Lines"]).actors[0].values["Lines"]
    session.save([Actor("SalesOrder", "900001", {"Lines": lines})])
    saved = session.get("SalesOrder", ["900001"], ["Lines"]).actors[0].values["Lines"]
    assert [(key, line["ItemNo"], line["Quantity"]) for key, line in saved.items()] == [
        ("10", "A-0001", Decimal(2)),
        ("20", "A-0002", Decimal("1.5")),
    ]
    assert session.get("SalesOrder", ["900002"], ["Lines"]).actors[0].values["Lines"] == other


def test_a_workbook_that_is_open_in_a_spreadsheet_program_is_not_written(session, workbook):
    workbook.with_name(f"~${workbook.name}").write_text("somebody")
    with pytest.raises(UnavailableError, match="open in a spreadsheet program"):
        session.create(_customer())


def test_a_crash_before_the_rename_leaves_the_old_workbook_whole(session, workbook, services):
    before = workbook.read_bytes()
    script = f"""
        import os
        from pathlib import Path
        from tests.plugins.workbook.conftest import GUID, OfflineServices
        from plugins.workbook import WorkbookConnector
        from sync_connectors import Actor

        Path.replace = lambda *_: os._exit(9)
        services = OfflineServices(Path({str(services.files_root)!r}))
        session = WorkbookConnector().open(GUID, {{"Filename": "{workbook.name}"}}, services)
        session.create(Actor("Customer", "", {{"NAME": "Lost"}}))
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], check=False, env={**os.environ, "PYTHONPATH": str(Path.cwd())}
    )
    assert ended.returncode == 9
    assert workbook.read_bytes() == before
    assert session.create(_customer()).key == "10061"
