"""What is kept of links, and for whom."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from host.secrets import SecretBox
from host.secrets.keys import new_key
from sync_connectors.contract.services import StoredState
from sync_connectors.json_protocol.server.store import FILE, LinkKey, LinkStore, ServedLink, StoreError

MINE, THEIRS = LinkKey("nordwind", "g-1"), LinkKey("suedwind", "g-1")
LINK = ServedLink({"Server": "nordwind", "Password": "s3cret-canary"}, "Europe/Copenhagen", "Nordwind")


@pytest.fixture
def box() -> SecretBox:
    return SecretBox([new_key()])


def test_a_link_is_kept_for_the_credential_and_the_connector_that_saved_it(tmp_path: Path, box: SecretBox) -> None:
    LinkStore(tmp_path, box, "plain-erp").save(MINE, LINK)
    again = LinkStore(tmp_path, box, "plain-erp")
    assert again.link(MINE) == LINK
    assert again.link(THEIRS) is None
    assert LinkStore(tmp_path, box, "other").link(MINE) is None
    again.delete(MINE)
    assert again.link(MINE) is None


def test_nothing_of_a_configuration_or_a_state_stands_in_the_file_in_clear(tmp_path: Path, box: SecretBox) -> None:
    store = LinkStore(tmp_path / "new", box, "plain-erp")
    store.save(MINE, LINK)
    store.state(MINE).swap("token", "rotating-canary", 0)
    written = b"".join(path.read_bytes() for path in (tmp_path / "new").iterdir())
    assert b"canary" not in written
    assert "canary" not in repr(LINK)
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_a_state_is_changed_only_by_who_knows_its_version(tmp_path: Path, box: SecretBox) -> None:
    store = LinkStore(tmp_path, box, "plain-erp")
    state = store.state(MINE)
    assert state.get("token") is None
    assert state.swap("token", "one", 1) is None
    assert state.swap("token", "one", 0) == StoredState("one", 1)
    assert state.swap("token", "late", 0) is None
    assert state.swap("token", "two", 1) == StoredState("two", 2)
    assert store.state(THEIRS).get("token") is None
    assert LinkStore(tmp_path, box, "plain-erp").state(MINE).get("token") == StoredState("two", 2)
    assert state.swap("token", None, 2) == StoredState("", 0)
    assert state.get("token") is None


def test_of_many_that_change_a_state_at_once_one_succeeds(tmp_path: Path, box: SecretBox) -> None:
    store = LinkStore(tmp_path, box, "plain-erp")
    for version in range(3):
        with ThreadPoolExecutor(8) as pool:
            texts = [f"{version}-{number}" for number in range(8)]
            swapped = list(
                pool.map(lambda text, version=version: store.state(MINE).swap("token", text, version), texts)
            )
        (won,) = [each for each in swapped if each is not None]
        assert store.state(MINE).get("token") == won


def test_what_a_lost_key_encrypted_counts_as_absent(tmp_path: Path, box: SecretBox) -> None:
    store = LinkStore(tmp_path, box, "plain-erp")
    store.save(MINE, LINK)
    store.state(MINE).swap("token", "one", 0)
    other = LinkStore(tmp_path, SecretBox([new_key()]), "plain-erp")
    assert other.link(MINE) is None
    assert other.state(MINE).get("token") is None
    assert other.state(MINE).swap("token", "new", 0) == StoredState("new", 1)


def test_deleting_a_link_deletes_its_state(tmp_path: Path, box: SecretBox) -> None:
    store = LinkStore(tmp_path, box, "plain-erp")
    store.save(MINE, LINK)
    store.state(MINE).swap("token", "one", 0)
    store.state(THEIRS).swap("token", "theirs", 0)
    store.delete(MINE)
    assert store.state(MINE).get("token") is None
    assert store.state(THEIRS).get("token") == StoredState("theirs", 1)


def test_a_file_of_another_version_is_refused(tmp_path: Path, box: SecretBox) -> None:
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("PRAGMA user_version = 7")
    with pytest.raises(StoreError, match="another version"):
        LinkStore(tmp_path, box, "plain-erp")
