"""Links on a connector that is served by URL: the whole road from the registration to a read, over real sockets."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from erp_links.links import testing
from erp_links.links.connecting import open_link
from erp_links.links.errors import LinkPausedError
from erp_links.links.models import PauseReason
from erp_links.links.standing import standing_of
from erp_links.runtime import LinkRuntime
from host.errors import InvalidInputError
from host.secrets import SecretStore
from sync_connectors import AuthenticationError, UnavailableError, UnknownLinkError
from sync_connectors.registered.errors import UnansweredError
from sync_connectors.registered.models import SyncConnector
from sync_connectors.registered.operations import declaration_of
from sync_connectors.registered.registering import change_and_ask, register_connector
from tests.emulators.plain_erp import PlainErp
from tests.emulators.served import served
from tests.erp_links.links.conftest import Office

TOKEN = "canary-of-the-server-0123456789"


@dataclass
class Remote:
    """An office whose connector lives behind a URL."""

    office: Office
    folder: Path
    url: str
    stack: ExitStack

    @property
    def row(self) -> SyncConnector:
        with self.office.database.reading() as session:
            return session.get_one(SyncConnector, self.office.connector_id)

    def restart(self, folder: str = "first", token: str = TOKEN) -> None:
        """Serve on the same port again; another folder is a server that has forgotten all links."""
        self.stack.close()
        port = urlsplit(self.url).port
        self.stack.enter_context(served(PlainErp(), self.folder / folder, port or 0, token))


@pytest.fixture
def remote(office, tmp_path):
    settings = replace(office.runtime.settings, outbound_allow=("127.0.0.0/8",))
    office.runtime = LinkRuntime(office.database, office.runtime.plugins, settings, office.runtime.secret_box)
    with ExitStack() as stack:
        url = stack.enter_context(served(PlainErp(), tmp_path / "first", token=TOKEN))
        added = register_connector(
            office.database, office.runtime.connectors, office.ida, name="Remote", url=url, token=TOKEN
        )
        office.connector_id = added.id
        yield Remote(office, tmp_path, url, stack)


def told(office):
    return [call for call in office.calls if call in {"save_link", "test"}]


def test_a_link_on_a_plain_url_reads_records_of_the_served_connector(remote) -> None:
    office = remote.office
    assert (remote.row.speaks, declaration_of(remote.row).name, remote.row.failure) == ("json", "plain-erp", "")
    link_id = office.create()
    office.server.put("Customer", "C1", {"NAME": "Nordwind"})
    with open_link(office.runtime, link_id, 10) as session:
        read = session.get("Customer", ["C1"], ["NAME"])
    assert [actor.values["NAME"] for actor in read.actors] == ["Nordwind"]
    assert office.link(link_id).tested_plugin == f"plain-erp {PlainErp.version} (json)"


def test_a_server_that_forgot_the_link_is_told_again_and_asked_exactly_once_more(remote) -> None:
    office = remote.office
    link_id = office.create()
    remote.restart("another")
    office.server.calls.clear()
    with open_link(office.runtime, link_id, 10) as session:
        session.test()
        session.test()
    assert told(office) == ["save_link", "test", "test"]


def test_a_server_that_never_knows_the_link_is_told_once(remote) -> None:
    office = remote.office
    link_id = office.create()
    office.server.calls.clear()
    office.server.fail["test"] = UnknownLinkError("never heard of it")
    with pytest.raises(UnknownLinkError), open_link(office.runtime, link_id, 10) as session:
        session.test()
    assert told(office) == ["test", "save_link", "test"]


def test_another_url_gets_nothing_before_the_link_has_passed_the_gate_again(remote) -> None:
    office = remote.office
    link_id = office.create()
    with served(PlainErp(), remote.folder / "second") as second:
        change_and_ask(
            office.database,
            office.runtime.connectors,
            office.ida,
            office.connector_id,
            {"url": second},
            remote.row.version,
        )
        office.server.calls.clear()
        with pytest.raises(LinkPausedError) as caught, open_link(office.runtime, link_id, 10) as session:
            session.test()
    assert caught.value.reason is PauseReason.URL_CHANGED
    assert office.calls == []
    with office.database.reading() as session:
        assert SecretStore(session, office.runtime.secret_box).names(f"sync_connector:{office.connector_id}") == set()


def test_a_link_whose_connector_moved_to_where_nothing_answers_rests_because_of_the_url(remote) -> None:
    office = remote.office
    link_id = office.create()
    elsewhere = {"url": "http://127.0.0.1:9/", "confirm": True}
    change_and_ask(
        office.database, office.runtime.connectors, office.ida, office.connector_id, elsewhere, remote.row.version
    )
    with office.database.reading() as session:
        assert standing_of(session, office.runtime, office.link(link_id)).paused is PauseReason.URL_CHANGED
    with pytest.raises(InvalidInputError, match="has not told yet what it speaks"):
        testing.test_configuration(office.runtime, office.ida, office.submission(), link_id)


def test_a_token_that_is_refused_asks_for_another_one(remote) -> None:
    office = remote.office
    link_id = office.create()
    remote.restart(token="another-token-0123456789")
    with pytest.raises(AuthenticationError), open_link(office.runtime, link_id, 10) as session:
        session.test()
    wrong = {"token": "wrong-token-0123456789"}
    with pytest.raises(UnansweredError) as caught:
        change_and_ask(
            office.database, office.runtime.connectors, office.ida, office.connector_id, wrong, remote.row.version
        )
    assert "does not accept the access token" in str(caught.value)
    right = {"token": "another-token-0123456789"}
    changed = change_and_ask(
        office.database, office.runtime.connectors, office.ida, office.connector_id, right, remote.row.version
    )
    assert (changed.failure, changed.url_revision) == ("", 1)
    with open_link(office.runtime, link_id, 10) as session:
        session.test()


def test_a_server_that_is_away_leaves_the_link_as_it_is(remote) -> None:
    office = remote.office
    link_id = office.create()
    remote.stack.close()
    with pytest.raises(UnavailableError), open_link(office.runtime, link_id, 10) as session:
        session.test()
    with office.database.reading() as session:
        assert standing_of(session, office.runtime, office.link(link_id)).paused is None
