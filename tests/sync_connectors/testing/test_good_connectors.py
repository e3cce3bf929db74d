"""The kit as a class of tests: connectors that are ours, in process and by a URL, pass all that applies to them."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from host.settings import Settings
from plugins.workbook.sample import write_sample
from sync_connectors import ListKey
from sync_connectors.testing import CHECKS, ConnectorTests
from tests.emulators.broken import CONFIGURATION, GoodConnector
from tests.emulators.ledger.connector import LedgerConnector
from tests.emulators.ledger.running import Ledger
from tests.emulators.plain_erp import PlainErp
from tests.emulators.plain_server import PlainServer
from tests.emulators.served import served


def test_the_class_has_a_method_for_each_check_and_asks_them_in_their_order() -> None:
    classes = reversed(ConnectorTests.__mro__)
    methods = [name for each in classes for name in vars(each) if name.startswith("test_")]
    assert methods == [f"test_{check.name}" for check in CHECKS]


class TestShop(ConnectorTests):
    connector = GoodConnector
    configuration = CONFIGURATION


class TestShopBehindAUrl(ConnectorTests):
    configuration = CONFIGURATION
    token = "right-token-of-the-test"

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
        with served(GoodConnector(), tmp_path_factory.mktemp("served"), token=cls.token) as url:
            cls.connector = f"json+{url}"
            yield
            cls.teardown_class()


class TestWorkbook(ConnectorTests):
    connector = "workbook"
    configuration = {"Filename": "erp.xlsx"}

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def workbook(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
        folder = tmp_path_factory.mktemp("files")
        write_sample(folder / "erp.xlsx", 6)
        cls.settings = Settings(files_root=folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("plugins.workbook.reading.PAGE_SIZE", 3)
            yield


class TestPlainErp(ConnectorTests):
    connector = PlainErp
    configuration = {"Server": "nordwind", "Login": "ada", "Password": "s3cret", "Company": "1"}

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def server(cls) -> None:
        server = PlainServer("nordwind", page_size=4)
        for number in range(1, 11):
            server.put("Customer", f"C{number}", {"NAME": f"Firm {number}", "COUNTRY": ("DK", "NO")[number % 2]})
            server.put("Person", f"P{number}", {"LASTNAME": f"Berg {number}"}, parent=f"C{number % 3 + 1}")


class LedgerTests(ConnectorTests):
    """Ledger, with abilities that a subclass names."""

    connector = LedgerConnector
    abilities: dict[str, object] = {}

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def ledger(cls) -> Iterator[None]:
        with Ledger() as ledger:
            for number in range(1, 11):
                fill(ledger, number)
            cls.configuration = {"Address": ledger.url, "Token": "s3cret", "PageSize": 4, **cls.abilities}
            yield
            cls.teardown_class()


class TestLedgerThatCanDoAll(LedgerTests):
    abilities = {"Parallel": 3, "ConditionalSave": True, "ClockTimes": True}


class TestLedgerThatCanDoLittle(LedgerTests):
    abilities = {"Paging": False, "Reference": False, "Deletions": False, "Feed": "clock"}


def fill(ledger: Ledger, number: int) -> None:
    books = ledger.books
    customer = {
        "NAME": f"Firm {number}",
        "COUNTRY": ListKey(("DK", "NO", "SE")[number % 3]),
        "CREDIT": Decimal(number) + Decimal("0.25"),
        "BLOCKED": number % 2 == 0,
        "SINCE": date(2020, 1, number),
    }
    books.put("Customer", f"C{number}", customer)
    books.put("Supplier", f"S{number}", {"NAME": f"Supplier {number}"})
    books.put("Product", f"A{number}", {"CODE": f"a-{number}", "PRICE": Decimal("9.50"), "UNIT": ListKey("pcs")})
    books.put("Person", f"P{number}", {"LASTNAME": f"Berg {number}"}, parent=f"C{number % 3 + 1}")
    lines = {"10": {"PRODUCT": "a-1", "QUANTITY": Decimal(number)}}
    books.put("SalesOrder", f"O{number}", {"YOURREF": f"r-{number}", "LINES": lines}, parent="C1")
