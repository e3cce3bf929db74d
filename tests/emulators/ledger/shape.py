"""What Ledger keeps: its tables, their columns, and its lists.

Values are held in the form of the wire: text, whole numbers and truth values as they are, decimals, dates and times as
text, lines as a list of `{"key": …, "values": {…}}`.
"""

from dataclasses import dataclass, field

REFERENCE = "OURREF"
"""The column in which a caller's own id can be stored, and searched for."""


@dataclass(frozen=True)
class Column:
    """One column; `kind` is text, whole, decimal, truth, list, date, time or lines."""

    key: str
    label: str
    kind: str = "text"
    max_length: int = 0
    decimals: int | None = None
    list_name: str = ""
    mandatory: bool = False
    read_only: bool = False
    columns: tuple["Column", ...] = ()


@dataclass(frozen=True)
class Table:
    """One table; `number` is the column that Ledger fills itself with the record's key."""

    name: str
    label: str
    plural: str
    prefix: str
    columns: tuple[Column, ...]
    parent: str = ""
    number: str = ""
    entity: str = ""
    by_key: dict[str, Column] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        self.by_key.update((column.key, column) for column in self.columns)

    @property
    def searchable(self) -> tuple[str, ...]:
        return tuple(column.key for column in self.columns if column.kind != "lines")


_OWN = (Column("CHANGED", "Changed", "time", read_only=True), Column(REFERENCE, "Our reference", max_length=40))

TABLES = {
    table.name: table
    for table in (
        Table(
            "Customer",
            "Customer",
            "Customers",
            "C",
            (
                Column("NAME", "Name", max_length=60, mandatory=True),
                Column("CUSTNO", "Customer number", read_only=True),
                Column("PHONE", "Telephone", max_length=30),
                Column("EMAIL", "E-mail", max_length=100),
                Column("VATNO", "VAT number", max_length=20),
                Column("STREET", "Street", max_length=100),
                Column("ZIP", "Zip code", max_length=20),
                Column("CITY", "City", max_length=60),
                Column("COUNTRY", "Country", "list", list_name="countries"),
                Column("CREDIT", "Credit limit", "decimal", decimals=2),
                Column("BLOCKED", "Blocked", "truth"),
                Column("SINCE", "Customer since", "date"),
                Column("NOTE", "Note"),
                *_OWN,
            ),
            number="CUSTNO",
            entity="company",
        ),
        Table(
            "Supplier",
            "Supplier",
            "Suppliers",
            "S",
            (
                Column("NAME", "Name", max_length=60, mandatory=True),
                Column("SUPPNO", "Supplier number", read_only=True),
                Column("PHONE", "Telephone", max_length=30),
                Column("EMAIL", "E-mail", max_length=100),
                *_OWN,
            ),
            number="SUPPNO",
            entity="company",
        ),
        Table(
            "Person",
            "Contact person",
            "Contact persons",
            "P",
            (
                Column("FIRSTNAME", "First name", max_length=40),
                Column("LASTNAME", "Last name", max_length=40, mandatory=True),
                Column("EMAIL", "E-mail", max_length=100),
                Column("PHONE", "Direct line", max_length=30),
                Column("BORN", "Date of birth", "date"),
                *_OWN,
            ),
            parent="Customer",
            entity="person",
        ),
        Table(
            "Product",
            "Product",
            "Products",
            "A",
            (
                Column("CODE", "Code", max_length=30, mandatory=True),
                Column("NAME", "Name", max_length=60),
                Column("PRICE", "Price", "decimal", decimals=2),
                Column("UNIT", "Unit", "list", list_name="units"),
                *_OWN,
            ),
            entity="product",
        ),
        Table(
            "SalesOrder",
            "Sales order",
            "Sales orders",
            "O",
            (
                Column("ORDERNO", "Order number", read_only=True),
                Column("YOURREF", "Your reference", max_length=50),
                Column("ORDERED", "Order date", "date"),
                Column("NOTE", "Note"),
                Column(
                    "LINES",
                    "Lines",
                    "lines",
                    columns=(
                        Column("PRODUCT", "Product code", max_length=30),
                        Column("TEXT", "Text", max_length=100),
                        Column("QUANTITY", "Quantity", "decimal", decimals=3),
                        Column("PRICE", "Price", "decimal", decimals=2),
                    ),
                ),
                *_OWN,
            ),
            parent="Customer",
            number="ORDERNO",
            entity="sales_order",
        ),
    )
}

LISTS = {
    "countries": {"DK": "Denmark", "NO": "Norway", "SE": "Sweden"},
    "units": {"pcs": "Pieces", "kg": "Kilograms", "h": "Hours"},
}
