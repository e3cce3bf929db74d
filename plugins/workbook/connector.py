"""The connector `plugin:workbook` and its sessions."""

from collections.abc import Iterator, Mapping, Sequence

from plugins.workbook import reading, writing
from plugins.workbook.files import WorkbookPath
from plugins.workbook.records import Sheet
from sync_connectors import (
    CONTRACT_VERSION,
    Actor,
    ActorReference,
    Actors,
    ActorType,
    Configuration,
    ConfigurationError,
    ConfigurationField,
    Connector,
    Field,
    FieldType,
    LinkSession,
    Page,
    Restriction,
    Saved,
    Services,
    Tested,
)

TEST_LIST = "ConnectorTestList"
_TEST_LIST_ITEMS = {"1": "First choice", "2": "Second choice", "3": "Third choice"}
_SAMPLE = "Sample fields"


class WorkbookSession(LinkSession):
    """Answers for one workbook."""

    def __init__(self, path: WorkbookPath, services: Services) -> None:
        self._path = path
        self._services = services

    def test(self) -> Tested:
        """Open the workbook and name the sheets that it has."""
        sheets = [layout.sheet for layout in reading.layouts_in(self._path)]
        return Tested(details={"Workbook": self._path.name, "Sheets": ", ".join(sheets)})

    def actor_types(self) -> Sequence[ActorType]:
        """Return the types whose sheet the workbook has."""
        return [layout.actor_type for layout in reading.layouts_in(self._path)]

    def fields(self, actor_type: str) -> Sequence[Field]:
        """Return the columns of a type's sheet."""
        with reading.opened(self._path) as (book, _signature):
            return list(Sheet(book, reading.layout_of(actor_type)).fields.values())

    def searchable_fields(self, actor_type: str) -> Sequence[str]:
        """Return all fields but rows; every column can be searched."""
        return [field.key for field in self.fields(actor_type) if field.type is not FieldType.ROWS]

    def get(self, actor_type: str, keys: Sequence[str], fields: Sequence[str]) -> Actors:
        """Return the rows with these keys."""
        return reading.by_keys(self._path, actor_type, keys, fields)

    def search(self, actor_type: str, text: str, fields: Sequence[str]) -> Actors:
        """Return rows that hold all words of a text in any cell."""
        return reading.matching(self._path, actor_type, fields, text=text)

    def search_advanced(self, actor_type: str, restrictions: Sequence[Restriction], fields: Sequence[str]) -> Actors:
        """Return rows that suit all restrictions."""
        return reading.matching(self._path, actor_type, fields, restrictions=tuple(restrictions))

    def search_by_parent(self, actor_type: str, text: str, parent: ActorReference, fields: Sequence[str]) -> Actors:
        """Return rows below one parent that hold all words of a text."""
        found = reading.matching(self._path, actor_type, fields, text=text)
        return Actors(tuple(actor for actor in found.actors if actor.parent == parent), found.notices)

    def create(self, actor: Actor) -> Actor:
        """Add a row."""
        return writing.create(self._path, actor, self._services.time_zone)

    def save(self, actors: Sequence[Actor]) -> Saved:
        """Change rows."""
        return writing.save(self._path, actors, self._services.time_zone)

    def list_items(self, list_name: str) -> Mapping[str, str]:
        """Return a list of the sheet `Lists`."""
        return reading.list_items(self._path, list_name)

    def list_items_by_key(self, list_name: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Return the named items of a list."""
        items = self.list_items(list_name)
        return {key: items[key] for key in keys if key in items}

    def changes(
        self, actor_type: str, watermark: str | None, resume: str | None, fields: Sequence[str]
    ) -> Iterator[Page]:
        """Yield all rows in pages, or none where the file is in the state of the watermark."""
        return reading.pages(self._path, actor_type, watermark, resume, fields)


class WorkbookConnector(Connector):
    """Business workbooks below the folder that the setting `files_root` names."""

    name = "workbook"
    label = "Business workbook"
    version = "1.0"
    contract_version = CONTRACT_VERSION

    def configuration_fields(self) -> Sequence[ConfigurationField]:
        """Return the file name, and beside it the field types of the public sample connector, all optional."""
        return [
            ConfigurationField(
                "Filename",
                "File name",
                FieldType.TEXT,
                "Path of the workbook below the server's folder for files.",
                rank=1,
                max_length=1023,
                required=True,
                address=True,
            ),
            ConfigurationField("TextField", "Text", FieldType.TEXT, rank=2, group=_SAMPLE, max_length=254),
            ConfigurationField("PasswordField", "Password", FieldType.PASSWORD, rank=3, group=_SAMPLE),
            ConfigurationField("IntegerField", "Whole number", FieldType.INTEGER, rank=4, group=_SAMPLE),
            ConfigurationField("DoubleField", "Decimal number", FieldType.DOUBLE, rank=5, group=_SAMPLE),
            ConfigurationField("DateField", "Date and time", FieldType.DATETIME, rank=6, group=_SAMPLE),
            ConfigurationField("ListField", "List", FieldType.LIST, rank=7, group=_SAMPLE, list_name=TEST_LIST),
            ConfigurationField("CheckboxField", "Checkbox", FieldType.CHECKBOX, rank=8, group=_SAMPLE),
        ]

    def configuration_list(self, list_name: str, configuration: Configuration, services: Services) -> Mapping[str, str]:
        """Return the items of the sample's list."""
        return _TEST_LIST_ITEMS if list_name == TEST_LIST else {}

    def test_configuration(self, configuration: Configuration, services: Services) -> Tested:
        """Open the workbook."""
        return self._session(configuration, services).test()

    def open(self, guid: str, configuration: Configuration, services: Services) -> LinkSession:
        """Open a session; the file itself is opened by each call."""
        return self._session(configuration, services)

    def _session(self, configuration: Configuration, services: Services) -> WorkbookSession:
        filename = configuration.get("Filename")
        if not isinstance(filename, str) or not filename:
            raise ConfigurationError("no workbook is named", fields={"Filename": "must be given"})
        return WorkbookSession(WorkbookPath(services.files_root, filename), services)
