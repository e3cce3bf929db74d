"""A user's own account: password, language, time zone, API tokens."""

from datetime import UTC, datetime, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from host.accounts import operations
from host.accounts.current import current_doer, current_principal
from host.accounts.models import Role, TokenScope
from host.accounts.pages import blueprint
from host.accounts.schemas import OwnPasswordInput, PreferencesInput, TokenInput
from host.accounts.sessions import begin_session_of, recent_sign_in_required
from host.accounts.sign_in_limits import count_try
from host.database import current_database
from host.errors import ConflictError, ForbiddenError, InvalidInputError
from host.languages import language_choices, time_zone_choices
from host.schemas import load_form


@blueprint.get("/account")
@login_required
def account() -> ResponseReturnValue:
    """Show the own account."""
    return _page()


@blueprint.post("/account/password")
@login_required
def change_password() -> ResponseReturnValue:
    """Change the own password; other sessions and all tokens end, this session goes on."""
    doer, user_id = current_doer(), current_principal().user_id
    count_try(doer.address, f"user {user_id}")
    try:
        values = load_form(OwnPasswordInput, request.form)
        with current_database().writing() as session:
            user = operations.change_own_password(
                session, doer, user_id, values["present_password"], values["password"]
            )
    except InvalidInputError as error:
        return _page(errors=error.errors), 422
    begin_session_of(user)
    flash(_("The password is changed. Your other sessions and your API tokens have ended."), "ok")
    return redirect(url_for("accounts.account"))


@blueprint.post("/account/preferences")
@login_required
def change_preferences() -> ResponseReturnValue:
    """Change language and time zone of the own pages."""
    try:
        values = load_form(PreferencesInput, request.form)
    except InvalidInputError as error:
        return _page(errors=error.errors), 422
    with current_database().writing() as session:
        operations.change_user(session, current_doer(), current_principal().user_id, values, None)
    flash(_("Language and time zone are saved."), "ok")
    return redirect(url_for("accounts.account"))


@blueprint.post("/account/end-sessions")
@login_required
def end_sessions() -> ResponseReturnValue:
    """End all sessions and tokens but this session."""
    with current_database().writing() as session:
        user = operations.end_sessions(session, current_doer(), current_principal().user_id)
    begin_session_of(user)
    flash(_("Your other sessions and your API tokens have ended."), "ok")
    return redirect(url_for("accounts.account"))


@blueprint.post("/account/tokens")
@login_required
@recent_sign_in_required("accounts.account")
def make_token() -> ResponseReturnValue:
    """Make an API token and show it, this once."""
    try:
        values = load_form(TokenInput, request.form)
        expires_at = datetime.now(UTC) + timedelta(days=values["days"]) if values["days"] else None
        with current_database().writing() as session:
            _token, text = operations.create_token(
                session, current_doer(), current_principal().user_id, values["name"], values["scope"], expires_at
            )
    except InvalidInputError as error:
        return _page(token_errors=error.errors), 422
    except (ConflictError, ForbiddenError) as error:
        return _page(token_errors={"name" if error.status == 409 else "scope": [str(error)]}), error.status
    return _page(new_token=text)


@blueprint.post("/account/tokens/<int:token_id>/revoke")
@login_required
def revoke_token(token_id: int) -> ResponseReturnValue:
    """End one of the own tokens."""
    with current_database().writing() as session:
        operations.revoke_token(session, current_doer(), current_principal().user_id, token_id)
    flash(_("The token has ended."), "ok")
    return redirect(url_for("accounts.account"))


def _page(
    errors: dict[str, list[str]] | None = None,
    token_errors: dict[str, list[str]] | None = None,
    new_token: str = "",
) -> str:
    with current_database().reading() as session:
        user = operations.get_user(session, current_principal().user_id)
        tokens = operations.list_tokens(session, user.id)
    return render_template(
        "accounts/account.html",
        user=user,
        tokens=tokens,
        scope_options=_scope_options(is_administrator=user.role == Role.ADMINISTRATOR),
        now=datetime.now(UTC),
        errors=errors or {},
        token_errors=token_errors or {},
        new_token=new_token,
        languages=language_choices(),
        time_zones=time_zone_choices(),
    )


def _scope_options(*, is_administrator: bool) -> list[tuple[str, str]]:
    options = [
        (TokenScope.READ.value, _("read: look at what you see")),
        (TokenScope.WRITE.value, _("write: change records too")),
        (TokenScope.ADMIN.value, _("admin: change settings too")),
    ]
    return options if is_administrator else options[:-1]
