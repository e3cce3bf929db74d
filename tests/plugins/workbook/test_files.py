import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook

from plugins.workbook.files import WorkbookPath
from plugins.workbook.reading import opened
from sync_connectors import AuthenticationError, ConfigurationError, UnavailableError


@pytest.fixture
def tested(connector, services):
    """Tests a configuration that names this file."""
    return lambda filename: connector.test_configuration({"Filename": filename}, services)


def test_a_good_workbook_passes_and_names_its_sheets(tested, workbook):
    assert "Customers" in tested(workbook.name).details["Sheets"]


@pytest.mark.parametrize(
    "name", ["../outside.xlsx", "/etc/passwd", "a/../../x.xlsx", ".", "erp.xls", "erp\0.xlsx"], ids=repr
)
def test_a_name_outside_the_root_or_of_another_kind_is_refused(tested, name):
    with pytest.raises(ConfigurationError) as refused:
        tested(name)
    assert set(refused.value.fields) == {"Filename"}


def test_a_link_that_leads_outside_is_refused(tested, services, sample_file):
    (services.files_root / "inside.xlsx").symlink_to(sample_file)
    with pytest.raises(ConfigurationError, match="outside"):
        tested("inside.xlsx")


def test_a_missing_file_is_named(tested):
    with pytest.raises(ConfigurationError, match=r"no file gone\.xlsx"):
        tested("gone.xlsx")


def test_something_else_than_a_workbook_is_told(tested, services):
    (services.files_root / "text.xlsx").write_text("no workbook")
    with pytest.raises(ConfigurationError, match="not a workbook"):
        tested("text.xlsx")
    with zipfile.ZipFile(services.files_root / "zip.xlsx", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(ConfigurationError, match="not a workbook"):
        tested("zip.xlsx")


def test_a_protected_workbook_is_an_authentication_matter(tested, services):
    (services.files_root / "locked.xlsx").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512))
    with pytest.raises(AuthenticationError, match="password"):
        tested("locked.xlsx")


def test_a_missing_sheet_and_a_missing_key_column_are_named(tested, workbook):
    book = load_workbook(workbook)
    book["Customers"]["A1"] = "Number"
    book.save(workbook)
    with pytest.raises(ConfigurationError, match="no column “CustNo”"):
        tested(workbook.name)
    del book["Customers"]
    book.save(workbook)
    with pytest.raises(ConfigurationError, match="no sheet “Customers”"):
        tested(workbook.name)


def test_a_workbook_that_unpacks_too_large_is_refused(tested, workbook, monkeypatch):
    monkeypatch.setattr("plugins.workbook.files.LARGEST_UNPACKED", 1000)
    with pytest.raises(ConfigurationError, match="unpacks to"):
        tested(workbook.name)


def test_a_file_that_is_changed_in_place_while_it_is_read_is_told_as_unavailable(services, workbook):
    path = WorkbookPath(services.files_root, workbook.name)

    def read_while_it_changes():
        with opened(path), workbook.open("ab") as file:
            file.write(b"more")

    with pytest.raises(UnavailableError, match="changed while it was read"):
        read_while_it_changes()


def test_a_damaged_workbook_is_told(tested, workbook):
    with zipfile.ZipFile(workbook) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/workbook.xml"] = b"<workbook"
    with zipfile.ZipFile(workbook, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ConfigurationError, match="damaged"):
        tested(workbook.name)


def test_no_file_name_is_refused(connector, services):
    with pytest.raises(ConfigurationError):
        connector.test_configuration({}, services)


def test_the_folder_itself_is_no_workbook(tested, services):
    Path(services.files_root / "folder.xlsx").mkdir()
    with pytest.raises(ConfigurationError, match="is a folder"):
        tested("folder.xlsx")
