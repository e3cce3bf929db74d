from collections.abc import Mapping

import pytest

from sync_connectors import Actor, ActorReference, Connector, LinkSession, ProtocolError, Tested


class PlainSession(LinkSession):
    """Implements what is abstract, and a list."""

    def test(self): ...

    def actor_types(self): ...

    def fields(self, actor_type): ...

    def get(self, actor_type, keys, fields): ...

    def search(self, actor_type, text, fields): ...

    def changes(self, actor_type, watermark, resume, fields): ...

    def list_items(self, list_name: str) -> Mapping[str, str]:
        return {"1": "Retail", "2": "Wholesale", "3": "Other"}


class ListlessSession(PlainSession):
    list_items = LinkSession.list_items


def test_what_is_not_declared_need_not_be_written_and_says_so_when_it_is_asked() -> None:
    session = PlainSession()
    assert tuple(session.searchable_fields("Customer")) == ()
    undeclared = [
        lambda: session.search_advanced("Customer", (), ()),
        lambda: session.search_by_parent("Customer", "", ActorReference("Customer", "1"), ()),
        lambda: session.create(Actor("Customer", "", {})),
        lambda: session.save((Actor("Customer", "1", {}),)),
        lambda: session.deletions("Customer", None, None),
    ]
    for call in undeclared:
        with pytest.raises(ProtocolError, match="this connector"):
            call()


def test_a_configuration_is_tested_by_the_test_of_a_session_unless_the_connector_knows_better() -> None:
    opened = []

    class TestedSession(PlainSession):
        def test(self) -> Tested:
            return Tested(details={"Company": "Nordlys"})

        def close(self) -> None:
            opened.append("closed")

    class PlainConnector(Connector):
        def configuration_fields(self): ...

        def open(self, guid, configuration, services):
            opened.append((guid, configuration, services))
            return TestedSession()

    tested = PlainConnector().test_configuration({"address": "x"}, "services")
    assert tested.details == {"Company": "Nordlys"}
    assert opened == [("00000000-0000-0000-0000-000000000000", {"address": "x"}, "services"), "closed"]


def test_named_items_are_taken_from_the_whole_list_in_the_order_of_the_question() -> None:
    assert PlainSession().list_items_by_key("groups", ["3", "9", "1"]) == {"3": "Other", "1": "Retail"}
    assert ListlessSession().list_items_by_key("groups", ["3"]) == {}
