"""Who signs in to the demo."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from host.accounts.models import Role
from host.accounts.operations import create_group, create_user
from host.audit.doer import Doer


@dataclass(frozen=True, slots=True)
class DemoUser:
    """One login of the demo; `standing` says in words what it shows."""

    login: str
    name: str
    password: str
    role: Role
    standing: str
    time_zone: str = "Europe/Copenhagen"


ADMINISTRATOR = DemoUser("ida", "Ida Holm", "nordwind-ida-2026", Role.ADMINISTRATOR, "administrator, sees the link")
INSIDE = DemoUser("mads", "Mads Bruun", "nordwind-mads-2026", Role.USER, "user in Sales Denmark, sees the link")
OUTSIDE = DemoUser("eva", "Eva Lind", "nordwind-eva-2026", Role.USER, "user outside, finds no trace of it")
USERS = (ADMINISTRATOR, INSIDE, OUTSIDE)
GROUP = "Sales Denmark"


def add_people(session: Session, doer: Doer) -> tuple[int, int]:
    """Add the users and the group; return the ids of the administrator and of the group."""
    ids = {
        user.login: create_user(
            session,
            doer,
            login=user.login,
            name=user.name,
            email=f"{user.login}@nordwind.example",
            password=user.password,
            role=user.role,
            time_zone=user.time_zone,
        ).id
        for user in USERS
    }
    members = (ids[ADMINISTRATOR.login], ids[INSIDE.login])
    group = create_group(session, doer, name=GROUP, description="Customers in the north", member_ids=members)
    return ids[ADMINISTRATOR.login], group.id
