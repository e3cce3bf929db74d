import json
import stat
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from erp_links.links.copies import pause_restored_links
from erp_links.links.models import ErpLink, LinkState, PauseReason, SyncSettings
from host.accounts.models import User
from host.app.tables import metadata
from host.backup import BackupError, restore, save, saving
from host.backup.saving import MANIFEST
from host.crm import outbox
from host.crm.bulk import insert_many, update_many
from host.crm.standard_lists import ensure_standard_lists
from host.database import Database
from host.secrets import SecretBox, SecretStore
from host.secrets.keys import new_key
from tests.accounts import make_administrator
from tests.databases import PostgresDatabases, SqliteDatabases, opened
from tests.host.backup.filling import contents, fill

NOT_SAVED = {"lease", "worker_process", "link_trace", "link_trace_call"}
SAVED = metadata.tables.keys() - NOT_SAVED


def leave_as_it_is(session: Session) -> None:
    """What a test calls after a restore when it wants nothing changed."""


@pytest.fixture
def other_database(databases: SqliteDatabases | PostgresDatabases) -> Iterator[Database]:
    """A second database, beside the SQLite one; the test runs once for each kind."""
    with databases.migrated() as url, opened(url) as database:
        yield database


@pytest.fixture
def full(sqlite_database: Database) -> Database:
    fill(sqlite_database, metadata)
    return sqlite_database


@pytest.fixture
def backup(full: Database, tmp_path: Path) -> Path:
    path = tmp_path / "tieline.backup"
    save(full, metadata, path)
    return path


def test_every_row_comes_back_exactly_and_makes_the_same_backup_again(
    full: Database, backup: Path, other_database: Database, sqlite_databases: SqliteDatabases, tmp_path: Path
) -> None:
    before = contents(full, metadata)
    assert {name for name, rows in before.items() if len(rows) < 2} == set()
    summary = restore(other_database, metadata, backup, leave_as_it_is)
    expected = {name: rows if name in SAVED else [] for name, rows in before.items()}
    assert contents(other_database, metadata) == expected
    assert (summary.tables, summary.rows) == (len(SAVED), sum(map(len, expected.values())))
    again = tmp_path / "again"
    save(other_database, metadata, again)
    with sqlite_databases.migrated() as url, opened(url) as back:
        restore(back, metadata, again, leave_as_it_is)
        assert contents(back, metadata) == expected


def test_new_rows_get_new_numbers_after_a_restore(backup: Path, other_database: Database) -> None:
    restore(other_database, metadata, backup, leave_as_it_is)
    restore(other_database, metadata, backup, leave_as_it_is, replace=True)
    added = make_administrator(other_database, "newcomer")
    assert added.id == 3


def test_a_restored_copy_does_not_sync_by_itself(sqlite_database: Database, other_database: Database, tmp_path: Path):
    fill(sqlite_database, metadata)
    path = tmp_path / "backup"
    with sqlite_database.writing() as session:
        session.execute(update(ErpLink).values(state=LinkState.ACTIVE.value, paused_reason=None))
        session.execute(update(SyncSettings).values(automatic=True))
    save(sqlite_database, metadata, path)
    restore(other_database, metadata, path, pause_restored_links)
    with other_database.reading() as session:
        assert set(session.scalars(select(ErpLink.paused_reason))) == {PauseReason.RESTORED_COPY.value}
        assert set(session.scalars(select(SyncSettings.automatic))) == {False}


def test_a_backup_is_refused_by_a_database_that_is_in_use(backup: Path, other_database: Database) -> None:
    make_administrator(other_database, "owner")
    with pytest.raises(BackupError, match=r"in use.*--replace"):
        restore(other_database, metadata, backup, leave_as_it_is)
    with other_database.reading() as session:
        assert session.scalars(select(User.login)).all() == ["owner"]
    restore(other_database, metadata, backup, leave_as_it_is, replace=True)
    with other_database.reading() as session:
        assert "owner" not in session.scalars(select(User.login)).all()


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def flip_a_byte(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo("person.jsonl").header_offset + 90
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)


def _rewrite(path: Path, name: str, change) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = {each: archive.read(each) for each in archive.namelist()}
    entries[name] = change(entries[name])
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in entries.items():
            if content is not None:
                archive.writestr(each, content)


def lose_a_row(path: Path) -> None:
    _rewrite(path, "sync_log.jsonl", lambda content: content.split(b"\n")[0] + b"\n")


def lose_a_table(path: Path) -> None:
    _rewrite(path, "sync_log.jsonl", lambda _content: None)


def garble_a_value(path: Path) -> None:
    _rewrite(path, "person.jsonl", lambda content: content.replace(b"2024-02-29", b"2024-02-31"))


def drop_a_column(path: Path) -> None:
    _rewrite(path, "person.jsonl", lambda content: content.replace(b'"birth_date"', b'"birthday"'))


def break_a_reference(path: Path) -> None:
    def lose_users(content: bytes) -> bytes:
        return content.replace(b'"user_id":1', b'"user_id":99')

    _rewrite(path, "api_token.jsonl", lose_users)


def claim_another_revision(path: Path) -> None:
    _rewrite(path, MANIFEST, lambda content: json.dumps(json.loads(content) | {"revision": "0000"}).encode())


def count_nothing(path: Path) -> None:
    _rewrite(path, MANIFEST, lambda content: json.dumps(json.loads(content) | {"rows": []}).encode())


def be_no_archive(path: Path) -> None:
    path.write_text("not a backup")


@pytest.mark.parametrize(
    "damage",
    [
        shorten,
        flip_a_byte,
        lose_a_row,
        lose_a_table,
        garble_a_value,
        drop_a_column,
        break_a_reference,
        claim_another_revision,
        count_nothing,
        be_no_archive,
    ],
)
def test_a_damaged_backup_restores_nothing(damage, backup: Path, other_database: Database) -> None:
    make_administrator(other_database, "owner")
    before = contents(other_database, metadata)
    damage(backup)
    with pytest.raises(BackupError, match="backup"):
        restore(other_database, metadata, backup, leave_as_it_is, replace=True)
    assert contents(other_database, metadata) == before


def test_a_missing_file_is_named(other_database: Database, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"there is no file .*nowhere"):
        restore(other_database, metadata, tmp_path / "nowhere", leave_as_it_is)


def test_a_backup_is_for_its_owner_only_and_replaces_no_file(full: Database, backup: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with pytest.raises(BackupError, match="exists already"):
        save(full, metadata, backup)
    with pytest.raises(BackupError, match="cannot be written"):
        save(full, metadata, tmp_path / "no folder" / "backup")
    assert [each.name for each in tmp_path.iterdir() if "backup" in each.name] == ["tieline.backup"]


def test_secrets_are_in_a_backup_only_as_they_are_stored(sqlite_database: Database, tmp_path: Path) -> None:
    box = SecretBox([new_key()])
    with sqlite_database.writing() as session:
        SecretStore(session, box).write("erp_link:1", {"Password": "canary-of-the-backup"})
    save(sqlite_database, metadata, tmp_path / "backup")
    with zipfile.ZipFile(tmp_path / "backup") as archive:
        unpacked = {name: archive.read(name) for name in archive.namelist()}
    assert b"erp_link:1" in unpacked["secret.jsonl"]
    assert [name for name, content in unpacked.items() if b"canary" in content] == []


def test_a_backup_is_of_one_moment(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_administrator(database, "early")
    to_line, added = saving.to_line, []

    def add_meanwhile(row: Mapping[str, Any]) -> bytes:
        if not added:
            added.append(make_administrator(database, "late"))
        return to_line(row)

    with database.writing() as session:
        ensure_standard_lists(session)  # lists are saved before users
    monkeypatch.setattr(saving, "to_line", add_meanwhile)
    save(database, metadata, tmp_path / "backup")
    with zipfile.ZipFile(tmp_path / "backup") as archive:
        users = archive.read("user_account.jsonl").decode()
    assert added
    assert "early" in users
    assert "late" not in users


def test_who_wants_to_know_of_changes_and_what_still_waits_survive_a_restore(
    sqlite_database: Database, other_database: Database, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    with sqlite_database.writing() as session:
        outbox.subscribe(session, "link:1", "company", ["name", "fax"])
        (company,) = insert_many(session, "company", [{"name": "Nordwind"}], "user:1", now)
    path = tmp_path / "backup"
    save(sqlite_database, metadata, path)
    restore(other_database, metadata, path, leave_as_it_is)
    with other_database.writing() as session:
        update_many(session, "company", [(company, {"fax": "1", "phone": "2"})], "user:1", now)
        (entry,) = outbox.read_entries(session, "link:1", "company", 0, 10)
    assert (entry.entity_id, entry.version, entry.fields, entry.queued_at) == (company, 2, {"name", "fax"}, now)
