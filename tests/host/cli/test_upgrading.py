"""`tieline db upgrade` on a database that a killed worker left without some of its indexes."""

from pathlib import Path

from host.crm.lifting import lift_indexes, lifted_by
from host.database import Database
from host.migrations import is_current, upgrade
from tests.host.cli.conftest import Terminal
from tests.host.database.plans import index_definitions


def test_what_is_still_dropped_is_made_again_before_a_migration(terminal: Terminal, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    database = Database(url)
    upgrade(database, "0003")
    before = index_definitions(database, "company")
    with database.writing() as session:
        assert lift_indexes(session, "company", (), 7)
    assert index_definitions(database, "company") == {}
    result = terminal("db", "upgrade", TIELINE_DATABASE_URL=url)
    assert result.exit_code == 0, result.output
    assert is_current(database)
    assert index_definitions(database, "company") == before
    with database.reading() as session:
        assert lifted_by(session, 7) == []
    database.close()


def test_a_database_from_before_the_first_entity_is_migrated_too(terminal: Terminal, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'older.db'}"
    database = Database(url)
    upgrade(database, "0001")
    assert terminal("db", "upgrade", TIELINE_DATABASE_URL=url).exit_code == 0
    assert is_current(database)
    database.close()
