"""Which sheets a workbook has, and what their columns hold."""

from dataclasses import dataclass, replace

from sync_connectors import Access, ActorType, Capabilities, Field, FieldType

MODIFIED = "LastModified"
PARENT_TYPE = "ParentType"
PARENT_KEY = "ParentKey"
SYSTEM_COLUMNS = frozenset({MODIFIED, PARENT_TYPE, PARENT_KEY})

LISTS_SHEET = "Lists"
LIST_COLUMNS = ("List", "Key", "Text")

_CAPABILITIES = Capabilities(create=True, save=True, conditional_save=True, paging=True)
_CHILD_CAPABILITIES = replace(_CAPABILITIES, search_by_parent=True)


@dataclass(frozen=True, slots=True)
class LineLayout:
    """A sheet of child rows: the ROWS field they fill, the column naming their record, and that of the row key."""

    field: str
    sheet: str
    owner: str
    key: str


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """One sheet: its actor type, the column of the key, its known columns, and its sheet of lines.

    Columns that a workbook has beyond these are text fields named after their heading; columns that it lacks are
    fields that it does not have.
    """

    sheet: str
    actor_type: ActorType
    key: str
    columns: tuple[Field, ...]
    lines: LineLayout | None = None

    @property
    def label_column(self) -> str:
        """The column that names a record to people."""
        return next((column.key for column in self.columns if column.access is Access.MANDATORY), self.key)


def _text(key: str, label: str, length: int = 0, access: Access = Access.NORMAL) -> Field:
    return Field(key, label, FieldType.TEXT, max_length=length, access=access)


def _choice(key: str, label: str, list_name: str) -> Field:
    return Field(key, label, FieldType.LIST, list_name=list_name)


def _number(key: str, label: str) -> Field:
    return Field(key, label, FieldType.INTEGER, access=Access.READ_ONLY, description="given by the ERP")


_ADDRESS = (
    _text("POSTALAD1", "Postal address 1", 60),
    _text("POSTALAD2", "Postal address 2", 60),
    _text("POSTALZIP", "Postcode", 20),
    _text("POSTALCITY", "City", 60),
)
_COMPANY = (
    _text("NAME", "Name", 100, Access.MANDATORY),
    *_ADDRESS,
    _choice("COUNTRY", "Country", "Country"),
    _text("PHONE", "Phone", 40),
    _text("EMAIL", "E-mail", 100),
    _text("URL", "Web site", 100),
    _text("VATNO", "VAT number", 30),
    _choice("PaymentTerms", "Payment terms", "PaymentTerms"),
    _choice("Currency", "Currency", "Currency"),
)

CUSTOMERS = SheetLayout(
    "Customers",
    ActorType("Customer", "Customer", "Customers", entity="company", capabilities=_CAPABILITIES),
    "CustNo",
    (
        _number("CustNo", "Customer number"),
        *_COMPANY,
        _choice("CustomerGroup", "Customer group", "CustomerGroup"),
        Field("CreditLimit", "Credit limit", FieldType.DOUBLE, decimals=2),
        Field("Balance", "Balance", FieldType.DOUBLE, decimals=2, access=Access.READ_ONLY),
        Field("Blocked", "Blocked", FieldType.CHECKBOX),
        Field("CustomerSince", "Customer since", FieldType.DATE),
    ),
)
SUPPLIERS = SheetLayout(
    "Suppliers",
    ActorType("Supplier", "Supplier", "Suppliers", entity="company", capabilities=_CAPABILITIES),
    "SupNo",
    (_number("SupNo", "Supplier number"), *_COMPANY),
)
PERSONS = SheetLayout(
    "Persons",
    ActorType("Person", "Person", "Persons", ("Customer", "Supplier"), "person", _CHILD_CAPABILITIES),
    "PersonNo",
    (
        _number("PersonNo", "Person number"),
        _text("FIRSTNAME", "First name", 60),
        _text("LASTNAME", "Last name", 60, Access.MANDATORY),
        _text("TITLE", "Title", 40),
        _text("POSITION", "Position", 60),
        _text("EMAIL", "E-mail", 100),
        _text("PHONE_DIRECT", "Direct phone", 40),
        _text("PHONE_MOBILE", "Mobile phone", 40),
        Field("BIRTHDATE", "Date of birth", FieldType.DATE),
    ),
)
PROJECTS = SheetLayout(
    "Projects",
    ActorType("Project", "Project", "Projects", ("Customer",), "project", _CHILD_CAPABILITIES),
    "ProjNo",
    (
        _number("ProjNo", "Project number"),
        _text("NAME", "Name", 100, Access.MANDATORY),
        _text("TEXT", "Description"),
        Field("ENDDATE", "End date", FieldType.DATE),
    ),
)
PRODUCTS = SheetLayout(
    "Products",
    ActorType("Product", "Product", "Products", entity="product", capabilities=_CAPABILITIES),
    "ItemNo",
    (
        _text("ItemNo", "Item number", 40, Access.READ_ONLY),
        _text("NAME", "Name", 100, Access.MANDATORY),
        _text("Barcode", "Barcode", 20),
        _choice("Unit", "Unit", "Unit"),
        _choice("VatCode", "VAT code", "VatCode"),
        Field("Price", "Sales price", FieldType.DOUBLE, decimals=4),
    ),
)
ORDERS = SheetLayout(
    "SalesOrders",
    ActorType("SalesOrder", "Sales order", "Sales orders", ("Customer",), "sales_order", _CHILD_CAPABILITIES),
    "OrderNo",
    (
        _number("OrderNo", "Order number"),
        _text("YourRef", "Your reference", 60),
        Field("OrderDate", "Order date", FieldType.DATE, access=Access.MANDATORY),
        Field("DeliveryTime", "Delivery", FieldType.LOCAL_DATETIME),
        Field(
            "Lines",
            "Lines",
            FieldType.ROWS,
            row_fields=(
                Field("ItemNo", "Item number", FieldType.TEXT, access=Access.MANDATORY),
                Field("Description", "Description", FieldType.TEXT),
                Field("Quantity", "Quantity", FieldType.DOUBLE),
                Field("Price", "Price", FieldType.DOUBLE, decimals=4),
                Field("Discount", "Discount in percent", FieldType.DOUBLE),
            ),
        ),
    ),
    LineLayout("Lines", "SalesOrderLines", "OrderNo", "LineNo"),
)

SHEETS: dict[str, SheetLayout] = {
    layout.actor_type.name: layout for layout in (CUSTOMERS, SUPPLIERS, PERSONS, PROJECTS, PRODUCTS, ORDERS)
}
"""All sheets by actor type, parents before their children."""
