"""One command brings all secrets under a new key: those of the installation, and those of connectors served from it."""

from pathlib import Path

import pytest

from host.secrets import SecretBox, SecretStore
from host.secrets.keys import new_key, write_key_file
from sync_connectors.json_protocol.server.serving import KEY_FILE
from sync_connectors.json_protocol.server.store import LinkKey, LinkStore, ServedLink
from tests.host.cli.conftest import Terminal

MINE = LinkKey("nordwind", "g-1")
LINK = ServedLink({"Password": "s3cret-canary"})


def kept(folder: Path, box: SecretBox, connector: str = "books") -> LinkStore:
    store = LinkStore(folder, box, connector)
    store.save(MINE, LINK)
    store.state(MINE).swap("token", "rotating", 0)
    return store


def test_a_rotation_reaches_the_stores_of_served_connectors(terminal: Terminal, sqlite_database) -> None:
    with sqlite_database.writing() as session:
        SecretStore(session, SecretBox.from_settings(terminal.settings)).write("erp_link:7", {"Password": "x"})
    folder = terminal.settings.data_folder / "served" / "books"
    running = kept(folder, SecretBox.from_key_file(folder / KEY_FILE))
    kept(folder, SecretBox.from_key_file(folder / KEY_FILE), "others")
    former = (folder / KEY_FILE).read_text().split()
    result = terminal("key", "rotate")
    assert (result.exit_code, result.output) == (0, "5 secrets are under the new key\n")
    newest, *others = (folder / KEY_FILE).read_text().split()
    assert others == former
    write_key_file(folder / KEY_FILE, [newest])  # the former key is not needed any more
    assert running.link(MINE) == LINK
    assert LinkStore(folder, SecretBox([newest]), "others").state(MINE).get("token").text == "rotating"


def test_a_server_without_an_installation_beside_it_has_its_folder_named(terminal: Terminal, tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    kept(tmp_path / "kept", SecretBox([old]))
    environment = {"TIELINE_SECRET_KEY": f"{new},{old}", "TIELINE_DATABASE_URL": "sqlite:////nowhere/at/all.db"}
    result = terminal("key", "rotate", "--served", str(tmp_path / "kept"), **environment)
    assert (result.exit_code, result.output) == (0, "2 secrets are under the new key\n")
    assert LinkStore(tmp_path / "kept", SecretBox([new]), "books").link(MINE) == LINK


@pytest.mark.parametrize("is_there", [False, True])
def test_what_cannot_be_rotated_is_told(terminal: Terminal, tmp_path: Path, is_there: bool) -> None:
    if is_there:
        kept(tmp_path / "kept", SecretBox([new_key()]))
    result = terminal("key", "rotate", "--served", str(tmp_path / "kept"))
    assert result.exit_code == 1
    told = "configuration of link g-1, token of link g-1" if is_there else "holds no served.db, give the folder"
    assert told in result.output
    assert "canary" not in result.output
