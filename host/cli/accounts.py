"""`tieline user` and `tieline token`."""

from datetime import UTC, datetime, timedelta

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from host.accounts.models import Role, TokenScope, User
from host.accounts.operations import create_token, create_user, set_password
from host.accounts.operations.users import normalised_login
from host.cli.installation import CommandFailedError, Installation, pass_installation, told

password_option = click.option(
    "--password",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    help="Asked for unless given; other users of the machine can see what stands on a command line.",
)


@click.group()
def user() -> None:
    """Add users and give them passwords."""


@user.command("add")
@click.argument("login")
@click.option("--name", help="Full name; the login unless given.")
@click.option("--email", default="", help="E-mail address.")
@click.option("--administrator", is_flag=True, help="May work with settings, too.")
@password_option
@pass_installation
def add_user(
    installation: Installation, login: str, name: str | None, email: str, password: str, *, administrator: bool
) -> None:
    """Add a user who signs in as LOGIN."""
    role = Role.ADMINISTRATOR if administrator else Role.USER
    with installation.app.app_context(), told(), installation.migrated_database.writing() as session:
        added = create_user(
            session, installation.doer, login=login, name=name or login, email=email, password=password, role=role
        )
        click.echo(f"{role.value} {added.login} added")


@user.command("password")
@click.argument("login")
@password_option
@pass_installation
def change_password(installation: Installation, login: str, password: str) -> None:
    """Give the user LOGIN a new password. The user's sessions and tokens end."""
    with installation.app.app_context(), told(), installation.migrated_database.writing() as session:
        set_password(session, installation.doer, _user_id(session, login), password)
    click.echo(f"{login} has a new password")


@click.group()
def token() -> None:
    """Make API tokens."""


@token.command("create")
@click.argument("login")
@click.option("--name", required=True, help="What the token is for; unique among the user's tokens.")
@click.option(
    "--scope",
    type=click.Choice([scope.value for scope in TokenScope]),
    default=TokenScope.READ.value,
    show_default=True,
    help="What it may do; never more than the user may.",
)
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How long it is valid.")
@pass_installation
def make_token(installation: Installation, login: str, name: str, scope: str, days: int) -> None:
    """Make a token that acts for the user LOGIN, and print it. It cannot be shown again."""
    expires_at = datetime.now(UTC) + timedelta(days=days)
    with installation.app.app_context(), told(), installation.migrated_database.writing() as session:
        _token, text = create_token(session, installation.doer, _user_id(session, login), name, scope, expires_at)
    click.echo(text)


def _user_id(session: Session, login: str) -> int:
    user_id = session.scalar(select(User.id).where(User.login == normalised_login(login)))
    if user_id is None:
        raise CommandFailedError(f"there is no user {login}")
    return user_id
