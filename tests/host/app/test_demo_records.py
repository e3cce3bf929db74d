"""What the demo enters into the hub fits the hub's lists, and is what the demo's ERP has."""

from decimal import Decimal

from sqlalchemy import select

import host.app.tables  # noqa: F401 - all mapped classes, as a running host has them
from host.app.demo.records import fill_hub
from host.crm import bulk
from host.crm.lists import items_for
from host.crm.registry import entity_types
from host.crm.rows import rows_in
from host.crm.standard_lists import ensure_standard_lists
from host.crm.tables import table_of
from host.database import Database
from plugins.workbook.sample.records import customers, orders


def test_every_entity_is_entered_and_orders_have_the_lines_of_the_erp(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        ensure_standard_lists(session)
        entered = fill_hub(session, 60, 1)
        assert min(entered.companies, entered.persons, entered.projects, entered.products, entered.orders) > 0
        found = session.scalars(select(table_of("sales_order").c.id)).all()
        assert len(found) == entered.orders
        in_erp = {str(order["OrderNo"]): lines for order, lines in orders(list(customers(60)), 30)}
        field = entity_types()["sales_order"].by_key["lines"]
        for order in bulk.read_many(session, "sales_order", found).values():
            lines = rows_in(order.values, field)
            assert {key: row["item_number"] for key, row in lines.items()} == {
                str(line["LineNo"]): line["ItemNo"] for line in in_erp[str(order.values["number"])]
            }
            total = sum((amount for row in lines.values() if isinstance(amount := row["amount"], Decimal)), Decimal())
            assert order.values["amount_without_vat"] == total


def test_list_values_are_items_of_the_lists(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        ensure_standard_lists(session)
        fill_hub(session, 20, 1)
        for entity in entity_types().values():
            ids = session.scalars(select(table_of(entity.key).c.id)).all()
            known = items_for(session, entity.fields)
            for record in bulk.read_many(session, entity.key, ids).values():
                for field in entity.fields:
                    value = record.values[field.key]
                    assert not field.list_key or value is None or value in known[field.list_key]
