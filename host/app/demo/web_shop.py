"""The second ERP of the demo: a web shop in a process of its own, which Tieline reaches by a URL and a token."""

import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sqlalchemy import select

from erp_links.runtime import LinkRuntime
from host.accounts.models import Group, User
from host.app.demo.linking import LINE_COLUMNS, DemoErp, add_link
from host.app.demo.people import ADMINISTRATOR, GROUP
from host.app.listening import AddressError, wait_until_listening
from host.audit.doer import Doer
from host.settings import Settings
from plugins.workbook.sample import write_sample

HOST = "127.0.0.1"
CONNECTOR = "Web shop (served by URL)"
LINK = "Nordwind Web Shop"
WORKBOOK = "shop.xlsx"
CUSTOMERS = 60
START_SECONDS = 60.0
_PORT_FILE = "port"
_TOKEN_HOLDER = "tieline"  # noqa: S105 - a name

MAPPING: dict[str, list[dict[str, Any]]] = {
    "actor_types": [
        {
            "name": "Customer",
            "active": True,
            "entity_type": "company",
            "unpaired_pull": "create",
            "match_fields": ["vat_number"],
            "fields": [
                {"key": "CustNo", "show_on_tab": True},
                {"key": "VATNO", "crm_field": "vat_number", "to_crm": True, "to_erp": True},
                {"key": "NAME", "crm_field": "name", "to_crm": True, "to_erp": True, "show_in_search": True},
                {"key": "EMAIL", "show_on_tab": True},
            ],
        },
        {
            "name": "Product",
            "active": True,
            "entity_type": "product",
            "unpaired_pull": "create",
            "match_fields": ["barcode"],
            "fields": [
                {"key": "ItemNo", "show_in_search": True, "show_on_tab": True},
                {"key": "Barcode", "crm_field": "barcode", "to_crm": True, "to_erp": True},
                {"key": "NAME", "crm_field": "name", "to_crm": True, "to_erp": True, "show_in_search": True},
                {"key": "Price", "show_on_tab": True},
            ],
        },
        {
            "name": "SalesOrder",
            "active": True,
            "entity_type": "sales_order",
            "unpaired_pull": "create",
            "match_fields": ["your_reference"],
            "fields": [
                {"key": "OrderNo", "show_in_search": True, "show_on_tab": True},
                {"key": "YourRef", "crm_field": "your_reference", "to_crm": True, "show_on_tab": True},
                {"key": "OrderDate", "crm_field": "order_date", "to_crm": True, "show_on_tab": True},
                {"key": "DeliveryTime", "crm_field": "delivery_date", "to_crm": True, "to_erp": True},
                {
                    "key": "Lines",
                    "crm_field": "lines",
                    "to_crm": True,
                    "row_columns": LINE_COLUMNS,
                },
            ],
        },
    ]
}
"""Customers and products are those of the book-keeping; orders reach the CRM, and from there the other ERP."""


@dataclass(frozen=True, slots=True)
class WebShop:
    """The served connector of the shop: its address, and the folder of its token, link and workbook."""

    port: int
    folder: Path

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the shop at the port of its registered URL; before that, at the one behind Tieline's if it is free."""
        folder = settings.data_folder / "web-shop"
        registered = folder / _PORT_FILE
        if registered.exists():
            return cls(int(registered.read_text(encoding="ascii")), folder)
        return cls(_free_port(settings.port + 1), folder)

    @property
    def is_set_up(self) -> bool:
        """Whether its link was set up; one that was broken off was not."""
        return (self.folder / _PORT_FILE).exists()

    @property
    def url(self) -> str:
        """What is registered."""
        return f"json+http://{HOST}:{self.port}"

    @property
    def command(self) -> tuple[str, ...]:
        """What `tieline` is told in order to serve it."""
        options = {
            "--port": self.port,
            "--host": HOST,
            "--token-file": self._token_file,
            "--data-folder": self.folder,
            "--files-root": self._files,
        }
        return ("connector", "serve", "workbook", *(str(part) for option in options.items() for part in option))

    def set_up(self, runtime: LinkRuntime, tell: Callable[[str], None]) -> int:
        """Make token, workbook, connector and link; return the link's id."""
        token = secrets.token_urlsafe(32)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._token_file.touch(mode=0o600)
        self._token_file.write_text(f"{_TOKEN_HOLDER}:{token}\n", encoding="utf-8")
        write_sample(self._files / WORKBOOK, CUSTOMERS, is_shop=True)
        tell(f"Second ERP: {CUSTOMERS} customers of a web shop and their orders, in a process of its own at {self.url}")
        erp = DemoErp(CONNECTOR, self.url, LINK, WORKBOOK, "Orders of the web shop", MAPPING)
        with runtime.database.reading() as session:
            group_id = session.scalars(select(Group.id).where(Group.name == GROUP)).one()
            user_id = session.scalars(select(User.id).where(User.login == ADMINISTRATOR.login)).one()
        with self._running():
            link_id = add_link(runtime, Doer(user_id, ADMINISTRATOR.name, "cli"), group_id, erp, token)
        (self.folder / _PORT_FILE).write_text(str(self.port), encoding="ascii")
        tell("Second ERP link: tested, saved, mapped, activated")
        return link_id

    @property
    def _token_file(self) -> Path:
        return self.folder / "tokens"

    @property
    def _files(self) -> Path:
        return self.folder / "files"

    @contextmanager
    def _running(self) -> Iterator[None]:
        """Serve the shop until the end of the block; whoever supervises it begins afterwards."""
        command = [sys.executable, "-m", "host.cli", *self.command, "--supervised"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as process:  # noqa: S603 - our own program
            try:
                if not wait_until_listening(HOST, self.port, START_SECONDS, lambda: process.poll() is not None):
                    raise AddressError(f"the web shop did not begin to listen on {HOST}:{self.port}; start again")
                yield
            finally:
                process.terminate()


def _free_port(wanted: int) -> int:
    """Return this port if nothing listens there, else another one."""
    for port in (wanted, 0):
        try:
            with socket.create_server((HOST, port)) as probe:
                return int(probe.getsockname()[1])
        except (OSError, OverflowError):
            continue
    return wanted
