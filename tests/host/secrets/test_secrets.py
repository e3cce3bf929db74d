import os
import stat
import subprocess
import sys
import textwrap

import pytest

from host.database import Database
from host.secrets import (
    KeyFileError,
    KeyLostError,
    SecretBox,
    SecretStore,
    lost_secrets,
    rotate_keys,
)
from host.secrets.keys import new_key, read_key_file
from host.secrets.models import Secret

OWNER = "erp_link:7"


@pytest.fixture
def key_file(tmp_path):
    return tmp_path / "keys" / "secret.key"


@pytest.fixture
def box(key_file):
    return SecretBox.from_key_file(key_file)


def _write(database, box, **texts):
    with database.writing() as session:
        SecretStore(session, box).write(OWNER, texts)


def _read(database, box):
    with database.reading() as session:
        return SecretStore(session, box).read(OWNER)


def test_the_key_file_is_made_for_its_owner_only(box, key_file):
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert SecretBox.from_key_file(key_file).decrypt(box.encrypt("hush")) == "hush"


def test_a_key_file_that_others_may_read_is_refused(key_file):
    read_key_file(key_file)
    key_file.chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod 600"):
        read_key_file(key_file)


def test_a_malformed_key_is_refused_without_showing_it(key_file):
    key_file.parent.mkdir()
    key_file.write_text("not-a-key\n")
    key_file.chmod(0o600)
    with pytest.raises(KeyFileError) as refused:
        read_key_file(key_file)
    assert "not-a-key" not in str(refused.value)
    assert "tieline key new" in str(refused.value)


def test_what_lies_in_the_database_is_no_clear_text(database, box):
    _write(database, box, password="canary-7")
    with database.reading() as session:
        assert b"canary-7" not in session.query(Secret).one().ciphertext
    assert _read(database, box) == {"password": "canary-7"}


def test_names_are_known_without_the_key(database, box):
    _write(database, box, password="a", token="b")
    with database.reading() as session:
        assert SecretStore(session, SecretBox([new_key()])).names(OWNER) == {"password", "token"}


def test_writing_replaces_the_named_and_removing_forgets_them(database, box):
    _write(database, box, password="a", token="b")
    _write(database, box, password="c")
    assert _read(database, box) == {"password": "c", "token": "b"}
    with database.writing() as session:
        SecretStore(session, box).remove(OWNER, ["token"])
    assert _read(database, box) == {"password": "c"}


def test_a_swap_succeeds_only_on_the_version_that_was_read(database, box):
    with database.writing() as session:
        store = SecretStore(session, box)
        assert store.swap(OWNER, "token", "one", 0).version == 1
        assert store.swap(OWNER, "token", "other", 0) is None
        assert store.swap(OWNER, "token", "two", 1).version == 2
        assert store.swap(OWNER, "token", "three", 1) is None
        assert store.get(OWNER, "token").text == "two"
        assert store.swap(OWNER, "token", None, 2).version == 0
        assert store.get(OWNER, "token") is None


def test_a_lost_key_names_what_must_be_typed_again_and_nothing_else(database, box):
    _write(database, box, password="a")
    other = SecretBox([new_key()])
    with database.writing() as session:
        SecretStore(session, other).write("erp_link:8", {"token": "b"})
    with database.reading() as session:
        assert lost_secrets(session, other) == {OWNER: {"password"}}
        assert SecretStore(session, other).read("erp_link:8") == {"token": "b"}
        with pytest.raises(KeyLostError) as lost:
            SecretStore(session, other).read(OWNER)
    assert (lost.value.owner, lost.value.names) == (OWNER, {"password"})


def test_a_rotation_puts_everything_under_a_new_key(database, box, key_file):
    _write(database, box, password="a", token="b")
    before = read_key_file(key_file)
    rotated = rotate_keys(database, box)
    after = read_key_file(key_file)
    assert rotated.reencrypted == 2
    assert after[0] not in before
    assert _read(database, SecretBox(after[:1])) == {"password": "a", "token": "b"}


def test_a_second_rotation_drops_the_key_before_the_last(database, box, key_file):
    first = read_key_file(key_file)[0]
    rotate_keys(database, box)
    rotate_keys(database, SecretBox.from_key_file(key_file))
    assert first not in read_key_file(key_file)
    assert len(read_key_file(key_file)) == 2


def test_a_running_process_goes_on_over_a_rotation(database, box, key_file):
    _write(database, box, password="a")
    running = SecretBox.from_key_file(key_file)
    rotate_keys(database, box)
    assert _read(database, running) == {"password": "a"}
    assert SecretBox(read_key_file(key_file)[:1]).decrypt(running.encrypt("new")) == "new"


def test_a_rotation_leaves_what_it_cannot_read(database, box):
    stranger = SecretBox([new_key()])
    with database.writing() as session:
        SecretStore(session, stranger).write("erp_link:8", {"token": "b"})
    assert rotate_keys(database, box).lost == (("erp_link:8", "token"),)
    with database.reading() as session:
        assert SecretStore(session, stranger).read("erp_link:8") == {"token": "b"}


@pytest.mark.parametrize("point", ["host.secrets.rotation._reencrypt", "host.secrets.rotation.write_key_file"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_rotation_loses_nothing_and_the_next_one_completes(sqlite_database, box, key_file, point, when):
    """Killed before the transaction both keys are in the file; killed after it, only the file is left to tidy."""
    _write(sqlite_database, box, password="a")
    url = sqlite_database.engine.url.render_as_string(hide_password=False)
    script = f"""
        import os
        from pathlib import Path
        import host.secrets.rotation as rotation
        from host.database import Database
        from host.secrets import SecretBox, rotate_keys

        real = {point}
        def dying(*arguments):
            if {when == "before"}:
                os._exit(9)
            real(*arguments)
            os._exit(9)
        rotation.{point.rpartition(".")[2]} = dying
        rotate_keys(Database({url!r}), SecretBox.from_key_file(Path({str(key_file)!r})))
    """
    script = textwrap.dedent(script).replace("real = host.secrets.rotation", "real = rotation")
    assert subprocess.run([sys.executable, "-c", script], check=False, env=os.environ).returncode == 9
    database = Database(url)
    assert _read(database, SecretBox.from_key_file(key_file)) == {"password": "a"}
    rotate_keys(database, SecretBox.from_key_file(key_file))
    assert _read(database, SecretBox(read_key_file(key_file)[:1])) == {"password": "a"}
    database.close()


def test_purposes_give_different_bytes_that_hang_on_the_key(box):
    assert box.derive(b"sessions") != box.derive(b"proofs")
    assert box.derive(b"sessions") != SecretBox([new_key()]).derive(b"sessions")
