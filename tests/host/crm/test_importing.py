import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from host.crm import records
from host.crm.browsing import Browsing, Sort, browse
from host.crm.external_ids import external_ids_of
from host.crm.importing import planning
from host.crm.importing.reading import escaped, open_table
from host.crm.record import Record
from host.database import Database
from host.errors import InvalidInputError
from tests.accounts import client_of, make_user
from tests.host.crm.conftest import THEN
from tests.host.database.plans import index_names

Import = Callable[..., str]


def staged(user: FlaskClient, content: str | bytes, entity: str = "companies") -> str:
    """Upload a file and return the address of its import."""
    data = content if isinstance(content, bytes) else content.encode()
    answer = user.post(f"/{entity}/import", data={"file": (io.BytesIO(data), "records.csv")})
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return answer.location


def run(user: FlaskClient, address: str, **choices: Any) -> str:
    """Assign columns, start the import and go on until it is done; return the page with the result."""
    answer = user.post(address, data=choices)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    user.post(f"{address}/start")
    for _attempt in range(50):
        user.post(f"{address}/progress")
        page = unescape(user.get(f"{address}/progress").get_data(as_text=True))
        if "Import finished" in page:
            return page
    raise AssertionError("the import does not end")


def companies(hub: Database, entity_type: str = "company") -> list[Record]:
    with hub.reading() as session:
        return browse(session, entity_type, Browsing(Sort("id"), limit=500)).records


def write(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "delimiter", "encoding"),
    [
        ("Name;Town\nSøn;Århus\n".encode(), ";", "utf-8"),
        ("Name,Town\nSøn,Århus\n".encode("utf-8-sig"), ",", "utf-8-sig"),
        ("Name\tTown\nSøn\tÅrhus\n".encode("utf-16"), "\t", "utf-16"),
        ("Name|Town\r\nSøn|Århus\r\n".encode("cp1252"), "|", "cp1252"),
        ('"Name","Town"\n"Søn","Århus"\n'.encode(), ",", "utf-8"),
    ],
)
def test_encoding_and_delimiter_are_found_out(tmp_path: Path, content: bytes, delimiter: str, encoding: str) -> None:
    table = open_table(write(tmp_path, content))
    assert (table.delimiter, table.encoding, table.header) == (delimiter, encoding, ("Name", "Town"))
    assert list(table.rows()) == [(0, ["Søn", "Århus"])]


@pytest.mark.parametrize("content", [b"", b"  \n ", b"PK\x03\x04\x00\x00", b";;;\n1;2;3\n", b"a," * 600 + b"\n"])
def test_what_is_no_csv_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidInputError):
        open_table(write(tmp_path, content))


def test_a_cell_without_end_is_refused_before_anything_is_written(user: FlaskClient) -> None:
    answer = user.post("/companies/import", data={"file": (io.BytesIO(b'a,b\n"' + b"x" * 200_000), "x.csv")})
    assert answer.status_code == 422
    assert "cannot be read" in unescape(answer.get_data(as_text=True))


def test_cells_are_no_formulas_and_come_back_as_they_were(tmp_path: Path) -> None:
    for cell in ["=1+1", "+45 86", "-1", "@x"]:
        path = write(tmp_path, f"a,b\n{escaped(cell)},x\n".encode())
        assert escaped(cell).startswith("'")
        assert next(open_table(path).rows())[1] == [cell, "x"]
    assert escaped("'quoted'") == "'quoted'"


def test_columns_are_proposed_by_their_names_and_nothing_is_written_before_the_start(
    user: FlaskClient, sqlite_hub: Database
) -> None:
    address = staged(user, "Name;Number;E-mail;Strange\nNordwind;7;a@b.c;x\n;8;;\n")
    page = unescape(user.get(address).get_data(as_text=True))
    assert '<option value="name" selected>' in page
    assert '<option value="email" selected>' in page
    user.post(address, data={"column": ["name", "number", "email", ""], "match": "number"})
    preview = unescape(user.get(address).get_data(as_text=True))
    assert "Nordwind" in preview
    assert "must be filled in" in preview
    assert companies(sqlite_hub) == []


def test_rows_are_created_changed_left_alone_or_refused(user: FlaskClient, sqlite_hub: Database) -> None:
    with sqlite_hub.writing() as session:
        for values in [{"name": "Old", "number": "1"}, {"name": "Same", "number": "2"}]:
            records.create(session, "company", values, origin="user:1", at=THEN)
    content = (
        "Name,Number,Country,Credit limit\nNew name,1,Denmark,\nSame,2,,\nFresh,3,no,10.50\n,4,,\nX,5,Nowhere,much\n"
    )
    page = run(user, staged(user, content), column=["name", "number", "country", "credit_limit"], match="number")
    found = {record.values["number"]: record for record in companies(sqlite_hub)}
    assert set(found) == {"1", "2", "3"}
    assert (found["1"].values["name"], found["1"].values["country"]) == ("New name", "DK")
    assert found["1"].stamp("name").origin == "import:1"
    assert found["2"].version == 1
    assert (found["3"].values["country"], found["3"].values["credit_limit"]) == ("NO", Decimal("10.50"))
    assert "Credit limit: is no number; Country: must be an item of the list<" in page
    assert "Name: must be filled in" in page


def test_an_import_has_an_index_made_for_the_field_that_it_finds_records_by(
    user: FlaskClient, sqlite_hub: Database
) -> None:
    assert "ix_company_vat_number_folded" not in index_names(sqlite_hub)
    run(user, staged(user, "Name,VAT number\nA,DK1\n"), column=["name", "vat_number"], match="vat_number")
    assert "ix_company_vat_number_folded" in index_names(sqlite_hub)


def test_the_import_again_finds_all_rows_equal(user: FlaskClient, sqlite_hub: Database) -> None:
    content = "Name,Number,Phone\nA,1,+45 1\nB,2,\n"
    choices = {"column": ["name", "number", "phone"], "match": "number"}
    run(user, staged(user, content), **choices)
    run(user, staged(user, content), **choices)
    assert [record.version for record in companies(sqlite_hub)] == [1, 1]
    assert companies(sqlite_hub)[0].values["phone"] == "+45 1"


def test_numbers_and_dates_are_read_as_the_file_writes_them(user: FlaskClient, sqlite_hub: Database) -> None:
    content = "Name;Credit limit;Blocked\nA;1.234.567,89;ja\nB;-5;\n"
    run(user, staged(user, content), column=["name", "credit_limit", "blocked"], decimal_comma="1")
    assert [record.values["credit_limit"] for record in companies(sqlite_hub)] == [Decimal("1234567.89"), Decimal(-5)]
    assert [record.values["blocked"] for record in companies(sqlite_hub)] == [True, None]
    people = "Last name,Date of birth\nA,31.12.1980\nB,1/2/1981\n"
    run(user, staged(user, people, "persons"), column=["last_name", "birth_date"], dates="dmy")
    found = companies(sqlite_hub, "person")
    assert [record.values["birth_date"] for record in found] == [date(1980, 12, 31), date(1981, 2, 1)]


def test_empty_cells_keep_the_value_unless_told_to_empty_it(user: FlaskClient, sqlite_hub: Database) -> None:
    run(user, staged(user, "Number,Name,Phone\n1,A,123\n"), column=["number", "name", "phone"], match="number")
    blank = "Number,Phone\n1,\n"
    run(user, staged(user, blank), column=["number", "phone"], match="number")
    assert companies(sqlite_hub)[0].values["phone"] == "123"
    run(user, staged(user, blank), column=["number", "phone"], match="number", clears="1")
    assert companies(sqlite_hub)[0].values["phone"] is None


def test_external_ids_recognise_records_and_are_kept(user: FlaskClient, sqlite_hub: Database) -> None:
    choices = {"column": ["external_id", "name"], "match": "external_id", "source": "shop"}
    run(user, staged(user, "Id,Name\nc-1,A\nc-2,B\n"), **choices)
    run(user, staged(user, "Id,Name\nc-2,B changed\nc-3,C\n"), **choices)
    found = companies(sqlite_hub)
    assert [record.values["name"] for record in found] == ["A", "B changed", "C"]
    with sqlite_hub.reading() as session:
        known = external_ids_of(session, "company", [record.id for record in found])
    assert [known[record.id] for record in found] == [[("shop", "c-1")], [("shop", "c-2")], [("shop", "c-3")]]


def test_persons_find_their_company_by_name_or_number(user: FlaskClient, sqlite_hub: Database) -> None:
    with sqlite_hub.writing() as session:
        for values in [{"name": "Nordwind", "number": "100"}, {"name": "Twin"}, {"name": "twin"}]:
            records.create(session, "company", values, origin="user:1", at=THEN)
    content = "Last name,Company\nHolm,nordwind\nBerg,100\nDahl,Twin\nLund,Nobody\n"
    page = run(user, staged(user, content, "persons"), column=["last_name", "company"])
    found = {record.values["last_name"]: record.values["company"] for record in companies(sqlite_hub, "person")}
    assert found == {"Holm": 1, "Berg": 1}
    assert "several are called" in page
    assert "nothing is called" in page


def test_rows_that_repeat_a_record_or_fit_several_are_refused(user: FlaskClient, sqlite_hub: Database) -> None:
    with sqlite_hub.writing() as session:
        for _twin in range(2):
            records.create(session, "company", {"name": "Twin", "number": "9"}, origin="user:1", at=THEN)
    content = "Name,Number\nA,1\nB,1\nC,9\nD,2,extra\n"
    page = run(user, staged(user, content), column=["name", "number"], match="number")
    assert "is the same record as row 2" in page
    assert "2 records fit" in page
    assert "more cells than the header" in page
    assert [record.values["name"] for record in companies(sqlite_hub)] == ["Twin", "Twin", "A"]


def test_a_broken_off_import_goes_on_without_doubling_a_row(
    user: FlaskClient, sqlite_hub: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "ROWS_PER_PIECE", 10)
    monkeypatch.setattr("host.crm.pages.importing.SECONDS_PER_STEP", 0.0)
    content = "Name,Number\n" + "".join(f"Company {number},{number % 40}\n" for number in range(45))
    address = staged(user, content)
    user.post(address, data={"column": ["name", "number"], "match": "number"})
    user.post(f"{address}/start")
    user.post(f"{address}/progress")
    under_way = unescape(user.get(f"{address}/progress").get_data(as_text=True))
    assert "10 of 45 rows" in under_way
    assert "Import is under way" in under_way
    for _step in range(6):
        user.post(f"{address}/progress?fragment=1")
    assert len(companies(sqlite_hub)) == 40
    result = unescape(user.get(f"{address}/progress").get_data(as_text=True))
    assert "Import finished" in result
    refused = user.get(f"{address}/refused.csv").get_data(as_text=True)
    assert refused.count("is the same record as row") == 5


def test_an_import_is_seen_by_its_user_only_and_its_file_goes_with_it(
    app: Flask, user: FlaskClient, sqlite_hub: Database, tmp_path: Path
) -> None:
    other = client_of(app, make_user(sqlite_hub, "bob"))
    address = staged(user, "Name\nA\n")
    assert other.get(address).status_code == 404
    assert other.post(f"{address}/start").status_code == 404
    assert user.post(f"{address}/start").status_code == 409
    assert user.post(f"{address}/progress").status_code == 409
    assert len(list((tmp_path / "imports").iterdir())) == 1
    run(user, address, column=["name"])
    assert list((tmp_path / "imports").iterdir()) == []
    assert user.post(address, data={"column": ["name"]}).status_code == 404


def test_choices_that_do_not_fit_are_told_at_once(user: FlaskClient) -> None:
    address = staged(user, "Name,Number\nA,1\n")
    wrong: list[dict[str, Any]] = [
        {"column": ["name"]},
        {"column": ["name", "colour"]},
        {"column": ["name", "name"]},
        {"column": ["", ""]},
        {"column": ["name", ""], "match": "number"},
        {"column": ["name", "external_id"]},
        {"column": ["name", "number"], "dates": "never"},
    ]
    for choices in wrong:
        assert user.post(address, data=choices).status_code == 422
    assert user.post("/companies/import", data={}).status_code == 422
