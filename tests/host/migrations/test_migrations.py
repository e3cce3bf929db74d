import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from host.app.tables import metadata
from host.database import Database
from host.migrations import UnmigratedError, head, is_current, require_current, revision, upgrade
from host.migrations.running import configuration


@pytest.fixture
def empty_database(empty_database_url):
    database = Database(empty_database_url)
    yield database
    database.close()


def test_an_empty_database_is_brought_to_the_newest_revision(empty_database):
    assert revision(empty_database) is None
    upgrade(empty_database)
    assert revision(empty_database) == head()
    assert is_current(empty_database)
    upgrade(empty_database)  # a second time changes nothing


def test_models_and_migrations_are_the_same(empty_database):
    upgrade(empty_database)
    with empty_database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_an_unmigrated_database_is_refused_with_the_command_that_mends_it(empty_database):
    with pytest.raises(UnmigratedError, match="tieline db upgrade"):
        require_current(empty_database)
    upgrade(empty_database, "0001")
    with pytest.raises(UnmigratedError, match="0001"):
        require_current(empty_database)


def test_migrations_are_linear():
    script = ScriptDirectory.from_config(configuration())
    assert len(script.get_heads()) == 1
    assert all(not isinstance(each.down_revision, tuple) for each in script.walk_revisions())
