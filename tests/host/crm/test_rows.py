"""Rows of records, on both databases: what is written is what is read, and only what differs is written."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from host.crm import records
from host.crm.browsing import Browsing, Sort, browse
from host.crm.bulk import insert_many, read_many, update_many
from host.crm.entities.sales_order import ORDER_LINE, SALES_ORDER
from host.crm.fields import CrmType
from host.crm.filters import Comparison, Filter
from host.crm.tables import rows_table_of
from host.crm.values import CrmRows, CrmScalar, CrmValue, from_json, to_json
from host.database import Database
from host.errors import InvalidInputError
from tests.host.crm.conftest import LATER, THEN
from tests.host.crm.test_bulk import statements_of

LINES = SALES_ORDER.by_key["lines"]
NOTHING: dict[str, CrmScalar] = {field.key: None for field in ORDER_LINE}
FIRST: CrmRows = {
    "10": {"item_number": "A-1", "quantity": Decimal(4), "price": Decimal("2.4500"), "delivery_date": date(2026, 4, 1)},
    "20": {"description": "Wood glue"},
}

TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)
CELLS = {
    CrmType.TEXT: TEXTS,
    CrmType.LIST: TEXTS,
    CrmType.DATE: st.dates(),
    CrmType.DECIMAL: st.decimals(
        allow_nan=False, allow_infinity=False, places=4, min_value=-(10**15), max_value=10**15
    ),
}
ROWS = st.dictionaries(
    TEXTS,
    st.fixed_dictionaries({}, optional={each.key: st.none() | CELLS[each.type] for each in ORDER_LINE}),
    max_size=5,
)


def whole(rows: CrmRows) -> CrmRows:
    return {key: {**NOTHING, **row} for key, row in rows.items()}


def lines_of(session: Session, order: int) -> CrmRows:
    rows = read_many(session, "sales_order", [order])[order].values["lines"]
    assert isinstance(rows, dict)
    return rows


@pytest.fixture
def writing(hub: Database) -> Iterator[Session]:
    with hub.writing() as session:
        yield session


def made(session: Session, rows: CrmRows) -> int:
    (order,) = insert_many(session, "sales_order", [{"number": "900", "lines": rows}], "user:1", THEN)
    return order


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=ROWS, after=ROWS)
def test_rows_are_read_as_they_were_written_in_their_order(hub: Database, before: CrmRows, after: CrmRows) -> None:
    with hub.writing() as session:
        order = made(session, before)
        assert list(lines_of(session, order).items()) == list(whole(before).items())
        wanted = {key: {**NOTHING, **before.get(key, {}), **row} for key, row in after.items()}
        update_many(session, "sales_order", [(order, {"lines": after})], "link:3", LATER)
        stored = lines_of(session, order)
        assert stored == wanted
        if wanted != whole(before):
            assert list(stored) == list(wanted)
    assert from_json(CrmType.ROWS, to_json(stored), ORDER_LINE) == stored


def test_a_change_of_a_row_raises_the_version_of_its_record_and_stamps_field_and_row(writing: Session) -> None:
    order = made(writing, FIRST)
    update_many(
        writing, "sales_order", [(order, {"lines": {"10": {"quantity": Decimal(5)}, "20": {}}})], "link:3", LATER
    )
    record = read_many(writing, "sales_order", [order])[order]
    assert record.values["lines"] == whole({**FIRST, "10": {**FIRST["10"], "quantity": Decimal(5)}})
    assert (record.version, record.updated_by, set(record.field_meta)) == (2, "link:3", {"lines", "lines/10"})
    assert record.stamp("lines").origin == "link:3"


@pytest.mark.parametrize("same", [FIRST, whole(FIRST), {"20": {}, "10": {"quantity": Decimal("4.0")}}])
def test_equal_rows_in_whatever_order_leave_the_record_alone(writing: Session, same: CrmRows) -> None:
    order = made(writing, FIRST)
    update_many(writing, "sales_order", [(order, {"lines": same})], "link:3", LATER)
    record = read_many(writing, "sales_order", [order])[order]
    assert (record.version, list(record.values["lines"])) == (1, ["10", "20"])  # type: ignore[arg-type]  # rows


def test_rows_that_are_absent_go_and_none_means_none_at_all(writing: Session) -> None:
    order = made(writing, FIRST)
    update_many(writing, "sales_order", [(order, {"lines": {"20": {}, "30": {"item_number": "A-3"}}})], "user:1", LATER)
    assert lines_of(writing, order) == whole({"20": FIRST["20"], "30": {"item_number": "A-3"}})
    update_many(writing, "sales_order", [(order, {"lines": None})], "user:1", LATER)
    assert lines_of(writing, order) == {}


def test_only_rows_that_differ_are_written(hub: Database) -> None:
    rows: CrmRows = {str(number): {"item_number": f"A-{number}"} for number in range(50)}
    with hub.writing() as session:
        order = made(session, rows)
        table = rows_table_of("sales_order", "lines")
        before = dict(session.execute(select(table.c.row_key, table.c.id)).all())
        changed: CrmRows = {
            **{key: row for key, row in rows.items() if key != "49"},
            "7": {"notes": "new"},
            "x": {"notes": "n"},
        }
        update_many(session, "sales_order", [(order, {"lines": changed})], "user:1", LATER)
        after = dict(session.execute(select(table.c.row_key, table.c.id)).all())
    assert {key for key in after if after[key] != before.get(key)} == {"x"}
    assert "49" not in after


def test_an_unknown_column_is_refused(writing: Session) -> None:
    with pytest.raises(KeyError):
        made(writing, {"10": {"colour": "red"}})
    order = made(writing, FIRST)
    with pytest.raises(KeyError):
        update_many(writing, "sales_order", [(order, {"lines": {"10": {"colour": "red"}}})], "user:1", LATER)


@pytest.mark.parametrize("number", [3, 200])
def test_the_number_of_statements_does_not_hang_on_that_of_records_or_rows(hub: Database, number: int) -> None:
    orders: list[dict[str, CrmValue]] = [
        {"number": str(index), "lines": {str(row): {} for row in range(index % 7)}} for index in range(number)
    ]
    with hub.writing() as session:
        with statements_of(hub) as inserting:
            ids = insert_many(session, "sales_order", orders, "link:3", THEN)
        rows: CrmRows = {"1": {"notes": "changed"}, "x": {}}
        changes: list[tuple[int, dict[str, CrmValue]]] = [(each, {"lines": rows}) for each in ids]
        with statements_of(hub) as updating:
            update_many(session, "sales_order", changes, "link:3", LATER)
        with statements_of(hub) as reading:
            read_many(session, "sales_order", ids)
        with statements_of(hub) as without:
            read_many(session, "sales_order", ids, ["number"])
    # SQLite takes a hundred rows in one statement
    assert len(inserting) <= 4 + number // 100
    assert len(updating) <= 8
    assert (len(reading), len(without)) == (3, 1)


def test_rows_go_with_their_record(writing: Session) -> None:
    kept, gone = made(writing, FIRST), made(writing, FIRST)
    records.delete(writing, "sales_order", gone, expected_version=1, origin="user:1", at=LATER)
    table = rows_table_of("sales_order", "lines")
    assert writing.scalar(select(func.count()).select_from(table)) == len(FIRST)
    assert lines_of(writing, kept) == whole(FIRST)


def test_lists_read_rows_only_where_they_are_asked_for(hub: Database) -> None:
    with hub.writing() as session:
        with_lines, bare = made(session, FIRST), made(session, {})
    with hub.reading() as session:
        page = browse(session, "sales_order", Browsing(Sort("id")))
        assert [record.values["lines"] for record in page.records] == [whole(FIRST), {}]
        narrow = browse(session, "sales_order", Browsing(Sort("id"), fields=["number"]))
        assert [dict(record.values) for record in narrow.records] == [{"number": "900"}] * 2
        for comparison, expected in ((Comparison.FILLED, with_lines), (Comparison.EMPTY, bare)):
            found = browse(session, "sales_order", Browsing(Sort("id"), filters=[Filter(LINES, comparison)]))
            assert [record.id for record in found.records] == [expected]
    with pytest.raises(InvalidInputError):
        Sort.parse("sales_order", "lines")


def test_rows_are_checked_cell_by_cell_and_all_faults_are_told(writing: Session) -> None:
    rows: CrmRows = {
        "10": {"quantity": "many", "unit": "furlong", "item_number": "A" * 51},
        " ": {},
        "20": {"colour": "red", "price": 3},
    }
    with pytest.raises(InvalidInputError) as refused:
        records.create(writing, "sales_order", {"number": "1", "lines": rows}, origin="user:1", at=THEN)
    assert set(refused.value.errors) == {
        "lines.10.quantity",
        "lines.10.unit",
        "lines.10.item_number",
        "lines. ",
        "lines.20.colour",
    }


def test_an_item_that_left_its_list_does_not_keep_people_from_changing_the_rest(writing: Session) -> None:
    order = made(writing, {"10": {"unit": "ell", "quantity": Decimal(1)}})
    rows: CrmRows = {"10": {"unit": "ell", "quantity": Decimal(2)}}
    saved = records.update(
        writing, "sales_order", order, {"lines": rows}, expected_version=1, origin="user:1", at=LATER
    )
    assert saved.values["lines"] == whole(rows)
    rows["20"] = {"unit": "ell"}
    with pytest.raises(InvalidInputError):
        records.update(writing, "sales_order", order, {"lines": rows}, expected_version=2, origin="user:1", at=LATER)


def test_rows_without_keys_keep_those_of_the_rows_that_they_are(writing: Session) -> None:
    order = made(writing, {"10": {"item_number": "A-1"}, "20": {"item_number": "A-2"}, "30": {"item_number": "A-3"}})
    unnamed: CrmRows = {f"+{place}": {"item_number": f"A-{number}"} for place, number in enumerate((9, 3, 1, 8))}
    saved = records.update(
        writing, "sales_order", order, {"lines": unnamed}, expected_version=1, origin="user:1", at=LATER
    )
    keys = list(saved.values["lines"])  # type: ignore[arg-type]  # rows
    assert keys[:3] == ["20", "30", "10"]
    assert keys[3] not in {"10", "20", "30"}
    assert not keys[3].startswith("+")
