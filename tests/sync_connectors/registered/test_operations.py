"""Sync connectors are registered, renamed, moved and deleted, and what they declare is kept."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from host.audit.models import AuditEntry
from host.errors import ConflictError, InvalidInputError, NotFoundError, StaleVersionError
from sync_connectors import ConfigurationField, FieldType
from sync_connectors.guarding import GuardedConnector
from sync_connectors.loading import Plugins
from sync_connectors.registered.declaring import refresh_declaration, refresh_next
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.operations import (
    add_connector,
    change_connector,
    connector_by_id,
    declaration_of,
    delete_connector,
    registered_connectors,
)
from sync_connectors.registered.registering import change_and_ask, register_connector
from sync_connectors.registered.work import OutdatedDeclarations
from tests.emulators.misbehaving import hang, raises


@pytest.fixture
def registered(database, connectors, doer):
    return register_connector(database, connectors, doer, name="Books", url="plugin:misbehaving")


def stored(database, connector_id):
    with database.reading() as session:
        return session.get(SyncConnector, connector_id)


def audited(database):
    with database.reading() as session:
        return [(entry.action, entry.changes) for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


def test_a_registered_connector_is_asked_at_once_and_its_answer_kept_with_the_time(registered, database):
    declaration = declaration_of(stored(database, registered.id))
    assert (declaration.name, declaration.label, declaration.version) == ("misbehaving", "Misbehaving ERP", "1.0")
    assert [field.key for field in declaration.fields] == ["Behaviour", "Password"]
    assert registered.declared_at is not None
    assert registered.failure == ""
    assert audited(database) == [
        (
            "sync_connector.create",
            {"name": {"before": None, "after": "Books"}, "url": {"before": None, "after": "plugin:misbehaving"}},
        ),
        ("sync_connector.refresh", {"declared": {"before": None, "after": "1.0"}}),
    ]


@pytest.mark.usefixtures("impatient")
def test_a_connector_that_does_not_answer_is_registered_with_the_reason(database, connectors, doer, ledger):
    ledger.configuration_fields = hang
    added = register_connector(database, connectors, doer, name="Books", url="plugin:ledger")
    assert "did not answer within 0.3 seconds" in added.failure
    assert added.failed_at is not None
    with pytest.raises(ConflictError, match="has not said yet what it needs"):
        declaration_of(added)


def test_a_failed_refresh_keeps_the_former_answer(registered, database, connectors, doer, with_plugins):
    class Gone(type(connectors.plugins.connector("misbehaving")._connector)):
        def configuration_fields(self):
            raise OSError("disk")

    broken = with_plugins(Plugins({"misbehaving": GuardedConnector(Gone())}, []))
    refreshed = refresh_declaration(database, broken, doer, registered.id)
    assert "OSError" in refreshed.failure
    assert refreshed.declared_at == registered.declared_at
    assert len(declaration_of(refreshed).fields) == 2
    assert refresh_declaration(database, connectors, doer, registered.id).failure == ""


def test_a_refresh_that_brings_nothing_new_is_not_in_the_audit_log(registered, database, connectors, doer):
    before = len(audited(database))
    refreshed = refresh_declaration(database, connectors, doer, registered.id)
    assert len(audited(database)) == before
    assert refreshed.declared_at >= registered.declared_at


def test_an_answer_that_comes_after_the_url_was_changed_is_dropped(database, connectors, doer, ledger):
    added = register_connector(database, connectors, doer, name="Books", url="plugin:ledger")
    answering, changed = threading.Event(), threading.Event()

    def slow():
        answering.set()
        changed.wait(60)
        return [ConfigurationField("Late", "Late", FieldType.TEXT)]

    ledger.configuration_fields = slow
    asking = threading.Thread(target=refresh_declaration, args=(database, connectors, doer, added.id))
    asking.start()
    assert answering.wait(60)
    with database.writing() as session:
        changes = {"url": "plugin:misbehaving"}
        change_connector(session, doer, connectors, added.id, changes, stored(database, added.id).version)
    changed.set()
    asking.join()
    assert [field.key for field in declaration_of(stored(database, added.id)).fields] == ["Behaviour", "Password"]
    assert stored(database, added.id).url_revision == 2


@pytest.mark.usefixtures("registered")
def test_connectors_of_another_plugin_version_are_asked_again(database, connectors, doer, ledger, with_plugins):
    asked = register_connector(database, connectors, doer, name="Ledger", url="plugin:ledger")
    assert refresh_next(database, connectors) is None
    ledger.version = "3.0"
    present = connectors.plugins.connector("misbehaving")
    newer = with_plugins(Plugins({"misbehaving": present, "ledger": GuardedConnector(ledger)}, []))
    assert refresh_next(database, newer) == asked.id
    assert refresh_next(database, newer) is None
    assert declaration_of(stored(database, asked.id)).version == "3.0"


def test_the_worker_asks_a_connector_that_has_failed_again_after_a_while(database, connectors, doer, ledger):
    ledger.configuration_fields = raises(OSError("disk"))
    added = register_connector(database, connectors, doer, name="Books", url="plugin:ledger")
    assert "OSError" in added.failure
    del ledger.configuration_fields
    source = OutdatedDeclarations(database, connectors)
    assert source.work(threading.Event()) is False
    with database.writing() as session:
        session.get(SyncConnector, added.id).failed_at -= timedelta(minutes=11)
    assert source.work(threading.Event()) is True
    assert source.work(threading.Event()) is False
    assert declaration_of(stored(database, added.id)).name == "ledger"


def test_connectors_whose_plugin_is_missing_are_left_alone(registered, database, with_plugins):
    assert refresh_next(database, with_plugins(Plugins({}, []))) is None
    assert declaration_of(stored(database, registered.id)).label == "Misbehaving ERP"


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("name", "url", "fields"),
    [
        ("Books", "plugin:misbehaving", {"name"}),
        ("Other", "plugin:gone", {"url"}),
        ("Other", "soap+https://erp.example/", {"url"}),
        ("Books", "app://x", {"name", "url"}),
    ],
)
def test_a_taken_name_and_an_unusable_url_are_refused_together(database, connectors, doer, name, url, fields):
    with pytest.raises(InvalidInputError) as caught, database.writing() as session:
        add_connector(session, doer, connectors, name=name, url=url)
    assert set(caught.value.errors) == fields
    with database.reading() as session:
        assert [one.name for one in registered_connectors(session)] == ["Books"]


def test_another_url_raises_the_revision_and_asks_the_new_connector(registered, database, connectors, doer):
    changed = change_and_ask(database, connectors, doer, registered.id, {"url": " plugin:ledger "}, registered.version)
    assert (changed.url, changed.url_revision, changed.name) == ("plugin:ledger", 2, "Books")
    assert declaration_of(changed).name == "ledger"
    assert ("sync_connector.change", {"url": {"before": "plugin:misbehaving", "after": "plugin:ledger"}}) in audited(
        database
    )


def test_another_name_leaves_the_revision(registered, database, connectors, doer):
    changed = change_and_ask(database, connectors, doer, registered.id, {"name": "New"}, registered.version)
    assert (changed.name, changed.url_revision, changed.version) == ("New", 1, registered.version + 1)


def test_a_change_of_nothing_changes_nothing(registered, database, connectors, doer):
    same = {"name": "Books", "url": "plugin:misbehaving"}
    assert (
        change_and_ask(database, connectors, doer, registered.id, same, registered.version).version
        == registered.version
    )


def test_a_rename_is_possible_while_the_plugin_is_missing(registered, database, doer, with_plugins):
    changed = change_and_ask(
        database, with_plugins(Plugins({}, [])), doer, registered.id, {"name": "New"}, registered.version
    )
    assert changed.name == "New"


def test_the_later_of_two_administrators_overwrites_nothing(registered, database, connectors, doer):
    change_and_ask(database, connectors, doer, registered.id, {"name": "First"}, registered.version)
    with pytest.raises(StaleVersionError) as caught:
        change_and_ask(database, connectors, doer, registered.id, {"name": "Second"}, registered.version)
    assert caught.value.changed_by == doer.name
    assert stored(database, registered.id).name == "First"


def test_two_administrators_cannot_take_one_name_at_once(database, connectors, doer):
    outcomes = []

    def add():
        try:
            with database.writing() as session:
                add_connector(session, doer, connectors, name="Same", url="plugin:ledger")
                time.sleep(0.05)
            outcomes.append("added")
        except InvalidInputError as error:
            outcomes.append(error.errors["name"])

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [["is taken by another sync connector"], "added"]


def test_a_connector_in_use_is_not_deleted_and_the_links_are_named(registered, database, doer, used, connectors):
    used[registered.id] = ["Nordwind DK", "Nordwind SE"]
    with (
        pytest.raises(ConflictError, match="2 ERP links use it: Nordwind DK, Nordwind SE"),
        database.writing() as session,
    ):
        delete_connector(session, doer, connectors, registered.id, registered.version)
    assert stored(database, registered.id).deleted_at is None


def test_a_deleted_connector_keeps_its_row_and_frees_its_name(registered, database, connectors, doer):
    with database.writing() as session:
        delete_connector(session, doer, connectors, registered.id, registered.version)
    assert stored(database, registered.id).deleted_at is not None
    with database.reading() as session:
        assert registered_connectors(session) == []
        assert [one.id for one in registered_connectors(session, with_deleted=True)] == [registered.id]
        with pytest.raises(NotFoundError):
            connector_by_id(session, registered.id)
    assert register_connector(database, connectors, doer, name="Books", url="plugin:ledger").id != registered.id
    with pytest.raises(NotFoundError), database.writing() as session:
        delete_connector(session, doer, connectors, registered.id, registered.version + 1)
