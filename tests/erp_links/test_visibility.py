from datetime import UTC, datetime
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.links.models import ErpLink, LinkAccess, LinkState, Visibility
from erp_links.visibility import Rights, may_see, rights, visible
from host.accounts.models import Group, User
from host.accounts.principal import Principal
from host.database import Database
from sync_connectors.registered.models import SyncConnector

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = (1, 2, 3)
GROUPS = (1, 2, 3)
_numbers = count(1)

access_rows = st.lists(
    st.tuples(st.sampled_from(["user", "group"]), st.sampled_from(PEOPLE), st.booleans(), st.booleans()),
    max_size=4,
    unique_by=lambda row: row[:2],
)
links = st.tuples(
    st.sampled_from(["all", "selected", "", "everybody"]),
    st.sampled_from([state.value for state in LinkState]),
    access_rows,
)
principals = st.builds(
    Principal,
    user_id=st.sampled_from(PEOPLE),
    name=st.just("somebody"),
    is_administrator=st.booleans(),
    group_ids=st.frozensets(st.sampled_from(GROUPS)),
)


def people(session: Session) -> None:
    for number in PEOPLE:
        session.add(User(id=number, login=f"u{number}", name=f"User {number}", password_hash="", created_at=NOW))
        session.add(Group(id=number, name=f"Group {number}"))
    session.add(SyncConnector(id=1, name="ERP", url="plugin:plain-erp", created_at=NOW))
    session.flush()


def link_of(visibility: str, state: str, rows: list[tuple[str, int, bool, bool]]) -> ErpLink:
    number = next(_numbers)
    access = [
        LinkAccess(
            user_id=principal if kind == "user" else None,
            group_id=principal if kind == "group" else None,
            may_connect=connect,
            may_create=create,
        )
        for kind, principal, connect, create in rows
    ]
    return ErpLink(
        guid=f"guid {number}",
        name=f"Link {number}",
        connector_id=1,
        visibility=visibility,
        state=state,
        access=access,
        created_at=NOW,
        updated_at=NOW,
    )


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(some=st.lists(links, max_size=4), principal=principals)
def test_the_rule_and_its_sql_twin_agree(
    database: Database, some: list[tuple[str, str, list[tuple[str, int, bool, bool]]]], principal: Principal
) -> None:
    with database.reading() as session:  # what an example adds is thrown away with its session
        people(session)
        made = [link_of(*one) for one in some]
        session.add_all(made)
        session.flush()
        by_rule = {link.id for link in made if may_see(link, principal)}
        by_query = set(session.scalars(select(ErpLink.id).where(visible(principal))))
    assert by_query == by_rule


def principal(user_id: int = 1, groups: tuple[int, ...] = (), administrator: bool = False) -> Principal:
    return Principal(user_id=user_id, name="", is_administrator=administrator, group_ids=frozenset(groups))


def test_a_selection_of_nobody_is_seen_by_nobody() -> None:
    assert not may_see(link_of("selected", "active", []), principal(groups=(1, 2, 3), administrator=True))


def test_an_administrator_sees_no_link_by_being_one() -> None:
    link = link_of("selected", "active", [("user", 2, True, True)])
    assert not may_see(link, principal(1, administrator=True))
    assert may_see(link, principal(2))


def test_a_deleted_link_is_seen_by_nobody() -> None:
    assert not may_see(link_of(Visibility.ALL, LinkState.DELETED, []), principal())


def test_a_link_for_all_users_lets_everybody_connect_and_create() -> None:
    assert rights(link_of("all", "active", []), principal()) == Rights(may_connect=True, may_create=True)


def test_rights_of_a_user_and_of_ones_groups_add_up() -> None:
    link = link_of("selected", "active", [("user", 1, True, False), ("group", 2, False, True), ("user", 3, True, True)])
    assert rights(link, principal(1)) == Rights(may_connect=True, may_create=False)
    assert rights(link, principal(1, groups=(2,))) == Rights(may_connect=True, may_create=True)
    assert rights(link, principal(2)) == Rights()
